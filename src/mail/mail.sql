-- Lists, contacts, templates, campaigns, sends, batches and imports.

-- ---- the house ----

-- name: house_find
-- What the house made once.
-- in: name text
-- out: value blob
SELECT value FROM house WHERE name = $1;

-- name: house_put
-- Made once: a second one changes nothing.
-- in: name text, value blob
INSERT INTO house (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING;

-- ---- lists ----

-- name: list_insert
-- A new contact list; columns is a JSON array of names beyond the known fields.
-- in: account_id int, contact_list_id int, name text, kind int, columns text, created_at int
INSERT INTO contact_list (account_id, contact_list_id, name, kind, columns, created_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: list_find
-- One list.
-- in: account_id int, contact_list_id int
-- out: contact_list_id int, name text, n_contacts int, key_field text, columns text, created_at int
SELECT contact_list_id, name, n_contacts, key_field, columns, created_at FROM contact_list
 WHERE account_id = $1 AND contact_list_id = $2 AND deleted_at IS NULL;

-- name: list_every
-- All lists of an account, oldest first.
-- in: account_id int
-- out: as list_find
SELECT contact_list_id, name, n_contacts, key_field, columns, created_at FROM contact_list WHERE account_id = $1 AND deleted_at IS NULL
 ORDER BY contact_list_id;

-- name: list_count
-- Contacts came or went.
-- in: account_id int, contact_list_id int, n int
UPDATE contact_list SET n_contacts = n_contacts + $3 WHERE account_id = $1 AND contact_list_id = $2;

-- name: list_columns
-- An import brought columns that the list did not have.
-- in: account_id int, contact_list_id int, columns text
UPDATE contact_list SET columns = $3 WHERE account_id = $1 AND contact_list_id = $2;

-- name: list_key
-- The list's contacts are told apart by this field from now on.
-- in: account_id int, contact_list_id int, key_field text
UPDATE contact_list SET key_field = $3 WHERE account_id = $1 AND contact_list_id = $2 AND deleted_at IS NULL;

-- name: list_connection
-- The connection that a list is imported through.
-- in: account_id int, contact_list_id int
-- out: connection_id int, n_contacts int, key_field text
SELECT connection_id, n_contacts, key_field FROM contact_list WHERE account_id = $1 AND contact_list_id = $2 AND deleted_at IS NULL;

-- name: list_connect
-- From now on it is imported through this one, and its contacts are told apart by their ids there.
-- in: account_id int, contact_list_id int, connection_id int, key_field text
UPDATE contact_list SET connection_id = $3, key_field = $4 WHERE account_id = $1 AND contact_list_id = $2;

-- name: list_remove
-- The list is gone for everybody who asks.
-- in: account_id int, contact_list_id int, deleted_at int
UPDATE contact_list SET deleted_at = $3 WHERE account_id = $1 AND contact_list_id = $2 AND deleted_at IS NULL;

-- name: list_in_use
-- A smart send that has not been expanded yet needs its list.
-- in: account_id int, contact_list_id int
-- out: drop_id int
SELECT drop_id FROM mail_drop WHERE account_id = $1 AND contact_list_id = $2 AND due_at IS NOT NULL AND deleted_at IS NULL LIMIT 1;

-- ---- contacts ----

-- name: contact_insert
-- A new contact.
-- append
-- in: contact_id int, account_id int, contact_list_id int, first_name text, last_name text, company text, address_street text
-- in: address_street2 text, address_city text, address_state text, address_zip text, country text, email_address text, phone text
-- in: mobile_phone text, occupation text, website text, vars text, source_key text, address_status int, created_at int, updated_at int
INSERT INTO contact (contact_id, account_id, contact_list_id, first_name, last_name, company, address_street, address_street2, address_city,
 address_state, address_zip, country, email_address, phone, mobile_phone, occupation, website, vars, source_key, address_status, created_at,
 updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22);

-- name: contact_put
-- The whole row but its list and its birth.
-- in: contact_id int, account_id int, first_name text, last_name text, company text, address_street text
-- in: address_street2 text, address_city text, address_state text, address_zip text, country text, email_address text, phone text
-- in: mobile_phone text, occupation text, website text, vars text, address_status int, updated_at int
UPDATE contact SET first_name = $3, last_name = $4, company = $5, address_street = $6, address_street2 = $7, address_city = $8, address_state = $9,
 address_zip = $10, country = $11, email_address = $12, phone = $13, mobile_phone = $14, occupation = $15, website = $16, vars = $17,
 address_status = $18, updated_at = $19 WHERE contact_id = $1 AND account_id = $2;

-- name: contact_find
-- One contact of a list that is alive.
-- in: account_id int, contact_id int
-- out: contact_id int, contact_list_id int, first_name text, last_name text, company text, address_street text, address_street2 text
-- out: address_city text, address_state text, address_zip text, country text, email_address text, phone text, mobile_phone text
-- out: occupation text, website text, vars text, address_status int, created_at int, updated_at int
SELECT contact_id, contact_list_id, first_name, last_name, company, address_street, address_street2, address_city, address_state, address_zip,
 country, email_address, phone, mobile_phone, occupation, website, vars, address_status, created_at, updated_at FROM contact
 WHERE contact_id = $2 AND account_id = $1 AND EXISTS (SELECT 1 FROM contact_list l WHERE l.account_id = $1
 AND l.contact_list_id = contact.contact_list_id AND l.deleted_at IS NULL);

-- name: contact_skip
-- The number of the contact that stands at a place of its list.
-- in: account_id int, contact_list_id int, start int
-- out: contact_id int
SELECT contact_id FROM contact WHERE account_id = $1 AND contact_list_id = $2 ORDER BY contact_id LIMIT 1 OFFSET $3;

-- name: contact_page
-- Contacts of a list from a number on, to a number, in order of their numbers.
-- in: account_id int, contact_list_id int, from_id int, to_id int, n int
-- out: as contact_find
SELECT contact_id, contact_list_id, first_name, last_name, company, address_street, address_street2, address_city, address_state, address_zip,
 country, email_address, phone, mobile_phone, occupation, website, vars, address_status, created_at, updated_at FROM contact
 WHERE account_id = $1 AND contact_list_id = $2 AND contact_id >= $3 AND contact_id <= $4 ORDER BY contact_id LIMIT $5;

-- name: contact_last
-- The newest contact of a list: where a smart send ends.
-- in: account_id int, contact_list_id int
-- out: contact_id int
SELECT contact_id FROM contact WHERE account_id = $1 AND contact_list_id = $2 ORDER BY contact_id DESC LIMIT 1;

-- name: contact_remove
-- A contact is gone; its pieces stay.
-- in: account_id int, contact_id int
DELETE FROM contact WHERE contact_id = $2 AND account_id = $1;

-- ---- contacts by their list's key ----

-- name: contact_add
-- A new contact, unless its list has one of that key: then nothing happens.
-- in: contact_id int, account_id int, contact_list_id int, first_name text, last_name text, company text, address_street text
-- in: address_street2 text, address_city text, address_state text, address_zip text, country text, email_address text, phone text
-- in: mobile_phone text, occupation text, website text, vars text, source_key text, address_status int, created_at int, updated_at int
INSERT INTO contact (contact_id, account_id, contact_list_id, first_name, last_name, company, address_street, address_street2, address_city,
 address_state, address_zip, country, email_address, phone, mobile_phone, occupation, website, vars, source_key, address_status, created_at,
 updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
 ON CONFLICT (account_id, contact_list_id, source_key) WHERE source_key IS NOT NULL DO NOTHING;

-- name: contact_renew
-- The contact of a key as a file has it now; one that is the same already is not written.
-- in: account_id int, contact_list_id int, source_key text, first_name text, last_name text, company text, address_street text
-- in: address_street2 text, address_city text, address_state text, address_zip text, country text, email_address text, phone text
-- in: mobile_phone text, occupation text, website text, vars text, address_status int, updated_at int
UPDATE contact SET first_name = $4, last_name = $5, company = $6, address_street = $7, address_street2 = $8, address_city = $9,
 address_state = $10, address_zip = $11, country = $12, email_address = $13, phone = $14, mobile_phone = $15, occupation = $16, website = $17,
 vars = $18, address_status = $19, updated_at = $20 WHERE account_id = $1 AND contact_list_id = $2 AND source_key = $3
 AND (first_name IS DISTINCT FROM $4 OR last_name IS DISTINCT FROM $5 OR company IS DISTINCT FROM $6 OR address_street IS DISTINCT FROM $7
 OR address_street2 IS DISTINCT FROM $8 OR address_city IS DISTINCT FROM $9 OR address_state IS DISTINCT FROM $10
 OR address_zip IS DISTINCT FROM $11 OR country IS DISTINCT FROM $12 OR email_address IS DISTINCT FROM $13 OR phone IS DISTINCT FROM $14
 OR mobile_phone IS DISTINCT FROM $15 OR occupation IS DISTINCT FROM $16 OR website IS DISTINCT FROM $17 OR vars IS DISTINCT FROM $18);

-- name: contact_of_key
-- Which contact of a list has this key?
-- in: account_id int, contact_list_id int, source_key text
-- out: contact_id int, created_at int
SELECT contact_id, created_at FROM contact WHERE account_id = $1 AND contact_list_id = $2 AND source_key = $3;

-- name: contact_key_put
-- The key moves with the field that it is made of.
-- in: account_id int, contact_id int, source_key text
UPDATE contact SET source_key = $3 WHERE contact_id = $2 AND account_id = $1;

-- name: contact_keyed
-- How many contacts of a list have a key.
-- in: account_id int, contact_list_id int
-- out: n int
SELECT count(*) AS n FROM contact WHERE account_id = $1 AND contact_list_id = $2 AND source_key IS NOT NULL;

-- ---- templates and assets ----

-- name: template_insert
-- A new template.
-- in: account_id int, template_id int, name text, size int, current_version int, is_proofed int, created_at int
INSERT INTO template (account_id, template_id, name, size, current_version, is_proofed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: template_put
-- What may change of a template by itself; a new creative is a new version.
-- in: account_id int, template_id int, name text, is_proofed int, current_version int
UPDATE template SET name = $3, is_proofed = $4, current_version = $5 WHERE account_id = $1 AND template_id = $2 AND deleted_at IS NULL;

-- name: template_version_insert
-- A version to be compiled.
-- in: account_id int, template_id int, version int, state int, source text, due_at int, created_at int
INSERT INTO template_version (account_id, template_id, version, state, source, due_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: template_find
-- A template and its newest version.
-- in: account_id int, template_id int
-- out: template_id int, name text, size int, is_proofed int, created_at int, version int, state int, source text, report text
SELECT t.template_id, t.name, t.size, t.is_proofed, t.created_at, v.version, v.state, v.source, v.report FROM template t
 JOIN template_version v ON v.account_id = $1 AND v.template_id = t.template_id AND v.version = t.current_version
 WHERE t.account_id = $1 AND t.template_id = $2 AND t.deleted_at IS NULL;

-- name: template_every
-- All templates of an account, oldest first.
-- in: account_id int
-- out: as template_find
SELECT t.template_id, t.name, t.size, t.is_proofed, t.created_at, v.version, v.state, v.source, v.report FROM template t
 JOIN template_version v ON v.account_id = $1 AND v.template_id = t.template_id AND v.version = t.current_version
 WHERE t.account_id = $1 AND t.deleted_at IS NULL ORDER BY t.template_id;

-- name: template_source
-- What a version is made of.
-- in: account_id int, template_id int, version int
-- out: name text, size int, state int, source text, report text
SELECT t.name, t.size, v.state, v.source, v.report FROM template_version v
 JOIN template t ON t.account_id = $1 AND t.template_id = v.template_id
 WHERE v.account_id = $1 AND v.template_id = $2 AND v.version = $3;

-- name: template_remove
-- The template is gone for everybody who asks.
-- in: account_id int, template_id int, deleted_at int
UPDATE template SET deleted_at = $3 WHERE account_id = $1 AND template_id = $2 AND deleted_at IS NULL;

-- name: template_in_use
-- A campaign that is alive prints it.
-- in: account_id int, template_id int
-- out: drop_id int, name text
SELECT drop_id, name FROM mail_drop WHERE account_id = $1 AND template_id = $2 AND deleted_at IS NULL ORDER BY drop_id DESC LIMIT 1;

-- name: compile_due
-- Versions to compile, oldest first.
-- across accounts: the scheduler looks for everybody's work
-- in: n int
-- out: account_id int, template_id int, version int, due_at int
SELECT account_id, template_id, version, due_at FROM template_version WHERE due_at IS NOT NULL ORDER BY due_at LIMIT $1;

-- name: compile_claim
-- Publishing, and nobody works on it.
-- in: account_id int, template_id int, version int, lease_node int, lease_until int, now int
-- out: attempt int
UPDATE template_version SET lease_node = $4, lease_until = $5, attempt = attempt + 1 WHERE account_id = $1 AND template_id = $2 AND version = $3
 AND state = 1 AND due_at <= $6 AND lease_until < $6 RETURNING attempt;

-- name: compile_pin
-- What the version named on other machines is ours now, by the holder of the lease.
-- in: account_id int, template_id int, version int, source text, lease_node int
UPDATE template_version SET source = $4 WHERE account_id = $1 AND template_id = $2 AND version = $3 AND state = 1 AND lease_node = $5;

-- name: compile_finish
-- Published, refused, or to be tried again (due_at), by the holder of the lease.
-- in: account_id int, template_id int, version int, state int, press_path int, report text, due_at int, lease_node int
UPDATE template_version SET state = $4, press_path = $5, report = $6, due_at = $7, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND template_id = $2 AND version = $3 AND state = 1 AND lease_node = $8;

-- name: compile_renew
-- The holder is still at work.
-- in: account_id int, template_id int, version int, lease_node int, lease_until int
UPDATE template_version SET lease_until = $5 WHERE account_id = $1 AND template_id = $2 AND version = $3 AND state = 1 AND lease_node = $4;

-- name: compile_free
-- After a crash: what this node held is nobody's.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE template_version SET lease_node = NULL, lease_until = 0 WHERE due_at IS NOT NULL AND lease_node = $1;

-- name: asset_put
-- The name points at these bytes from now on.
-- in: account_id int, name text, digest blob, media_type text, bytes int, created_at int
INSERT INTO asset (account_id, name, digest, media_type, bytes, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, name)
 DO UPDATE SET digest = excluded.digest, media_type = excluded.media_type, bytes = excluded.bytes, created_at = excluded.created_at;

-- name: asset_find
-- The bytes behind a name.
-- in: account_id int, name text
-- out: digest blob, media_type text, bytes int
SELECT digest, media_type, bytes FROM asset WHERE account_id = $1 AND name = $2;

-- name: asset_every
-- All assets of an account by name.
-- in: account_id int
-- out: name text, media_type text, bytes int, created_at int
SELECT name, media_type, bytes, created_at FROM asset WHERE account_id = $1 ORDER BY name;

-- name: asset_remove
-- The name is free; versions that pinned its bytes keep them.
-- in: account_id int, name text
DELETE FROM asset WHERE account_id = $1 AND name = $2;

-- ---- campaigns and drops ----

-- name: campaign_insert
-- A campaign; its first drop follows in the same unit.
-- in: account_id int, campaign_id int, name text, kind int, min_days_between int, daily_cap int, created_at int
INSERT INTO campaign (account_id, campaign_id, name, kind, min_days_between, daily_cap, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: campaign_put
-- What a campaign is called, its days between two mailings to one address, its live pieces a day.
-- in: account_id int, campaign_id int, name text, min_days_between int, daily_cap int
UPDATE campaign SET name = $3, min_days_between = $4, daily_cap = $5 WHERE account_id = $1 AND campaign_id = $2 AND deleted_at IS NULL;

-- name: drop_insert
-- A mail drop.
-- in: account_id int, drop_id int, campaign_id int, name text, endpoint text, state int, is_live int, template_id int, template_version int
-- in: contact_list_id int, send_at int, mid int, stid int, sender text, starting_url text, goal_url text, settings text, due_at int
-- in: created_at int
INSERT INTO mail_drop (account_id, drop_id, campaign_id, name, endpoint, state, is_live, template_id, template_version, contact_list_id, send_at,
 mid, stid, sender, starting_url, goal_url, settings, due_at, created_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);

-- name: campaign_remove
-- The campaign has no drop any more.
-- in: account_id int, campaign_id int, deleted_at int
UPDATE campaign SET deleted_at = $3 WHERE account_id = $1 AND campaign_id = $2 AND NOT EXISTS (SELECT 1 FROM mail_drop d
 WHERE d.account_id = $1 AND d.campaign_id = $2 AND d.deleted_at IS NULL);

-- name: drop_find
-- A drop by its number, or a campaign's newest drop by the campaign's (they never coincide).
-- in: account_id int, id int
-- out: drop_id int, campaign_id int, name text, endpoint text, state int, is_live int, template_id int, template_version int
-- out: contact_list_id int, send_at int, mid int, stid int, sender text, starting_url text, goal_url text, settings text, created_at int
-- out: last_error text, kind int, size int, campaign_name text, min_days_between int, daily_cap int
SELECT d.drop_id, d.campaign_id, d.name, d.endpoint, d.state, d.is_live, d.template_id, d.template_version, d.contact_list_id, d.send_at, d.mid,
 d.stid, d.sender, d.starting_url, d.goal_url, d.settings, d.created_at, d.last_error, c.kind, t.size,
 c.name AS campaign_name, c.min_days_between, c.daily_cap FROM mail_drop d
 JOIN campaign c ON c.account_id = $1 AND c.campaign_id = d.campaign_id JOIN template t ON t.account_id = $1 AND t.template_id = d.template_id
 WHERE d.account_id = $1 AND (d.drop_id = $2 OR d.campaign_id = $2) AND d.deleted_at IS NULL ORDER BY d.drop_id DESC LIMIT 1;

-- name: drop_printed
-- The drop of a batch, also when it was deleted since: its pieces are printed as they were accepted.
-- in: account_id int, drop_id int
-- out: as drop_find
SELECT d.drop_id, d.campaign_id, d.name, d.endpoint, d.state, d.is_live, d.template_id, d.template_version, d.contact_list_id, d.send_at, d.mid,
 d.stid, d.sender, d.starting_url, d.goal_url, d.settings, d.created_at, d.last_error, c.kind, t.size,
 c.name AS campaign_name, c.min_days_between, c.daily_cap FROM mail_drop d
 JOIN campaign c ON c.account_id = $1 AND c.campaign_id = d.campaign_id JOIN template t ON t.account_id = $1 AND t.template_id = d.template_id
 WHERE d.account_id = $1 AND d.drop_id = $2;

-- name: drop_every
-- Drops of an account, oldest first; drips_only 1: those with an endpoint.
-- in: account_id int, drips_only int, skip int, n int
-- out: as drop_find
SELECT d.drop_id, d.campaign_id, d.name, d.endpoint, d.state, d.is_live, d.template_id, d.template_version, d.contact_list_id, d.send_at, d.mid,
 d.stid, d.sender, d.starting_url, d.goal_url, d.settings, d.created_at, d.last_error, c.kind, t.size,
 c.name AS campaign_name, c.min_days_between, c.daily_cap FROM mail_drop d
 JOIN campaign c ON c.account_id = $1 AND c.campaign_id = d.campaign_id JOIN template t ON t.account_id = $1 AND t.template_id = d.template_id
 WHERE d.account_id = $1 AND d.deleted_at IS NULL AND (d.endpoint IS NOT NULL OR $2 = 0) ORDER BY d.drop_id LIMIT $4 OFFSET $3;

-- name: drop_by_endpoint
-- What a send must know about the drop behind its endpoint.
-- in: account_id int, endpoint text
-- out: drop_id int, is_live int, mid int, state int
SELECT d.drop_id, d.is_live, d.mid, v.state FROM mail_drop d JOIN template_version v ON v.account_id = $1 AND v.template_id = d.template_id
 AND v.version = d.template_version WHERE d.account_id = $1 AND d.endpoint = $2 AND d.deleted_at IS NULL;

-- name: drop_open
-- The settings that a new batch of the drop pins.
-- in: account_id int, drop_id int
-- out: is_live int, template_version int, mid int, stid int, campaign_id int
SELECT is_live, template_version, mid, stid, campaign_id FROM mail_drop WHERE account_id = $1 AND drop_id = $2 AND deleted_at IS NULL;

-- name: drop_live
-- Test or live from now on, and the mailer id it was given when it first went live.
-- in: account_id int, drop_id int, is_live int, mid int
UPDATE mail_drop SET is_live = $3, mid = $4 WHERE account_id = $1 AND drop_id = $2 AND deleted_at IS NULL;

-- name: drop_put
-- What may be changed of a drop that is there.
-- in: account_id int, drop_id int, name text, starting_url text, goal_url text
UPDATE mail_drop SET name = $3, starting_url = $4, goal_url = $5 WHERE account_id = $1 AND drop_id = $2 AND deleted_at IS NULL;

-- name: drop_remove
-- The drop takes nothing more and is shown no more; its pieces stay.
-- in: account_id int, drop_id int, deleted_at int
UPDATE mail_drop SET deleted_at = $3, due_at = NULL WHERE account_id = $1 AND drop_id = $2 AND deleted_at IS NULL;

-- name: drop_due
-- Smart sends to expand, oldest first.
-- across accounts: the scheduler looks for everybody's work
-- in: n int
-- out: account_id int, drop_id int, due_at int
SELECT account_id, drop_id, due_at FROM mail_drop WHERE due_at IS NOT NULL ORDER BY due_at LIMIT $1;

-- name: drop_lease
-- One node expands a drop.
-- in: account_id int, drop_id int, lease_node int, lease_until int, now int
-- out: contact_list_id int, next_contact_id int, last_contact_id int, is_live int, template_version int, mid int, stid int, attempt int
-- out: campaign_id int
UPDATE mail_drop SET lease_node = $3, lease_until = $4, attempt = attempt + 1 WHERE account_id = $1 AND drop_id = $2 AND due_at <= $5
 AND lease_until < $5 RETURNING contact_list_id, next_contact_id, last_contact_id, is_live, template_version, mid, stid, attempt, campaign_id;

-- name: expand_start
-- The list as it is now is what is sent.
-- in: account_id int, drop_id int, state int, last_contact_id int, lease_node int
UPDATE mail_drop SET state = $3, next_contact_id = 0, last_contact_id = $4 WHERE account_id = $1 AND drop_id = $2 AND next_contact_id IS NULL
 AND lease_node = $5;

-- name: expand_step
-- These contacts have their pieces; due_at NULL: it was the last step. Whoever fails now fails for the first time.
-- in: account_id int, drop_id int, next_contact_id int, due_at int, was int, lease_node int, state int, lease_until int
UPDATE mail_drop SET next_contact_id = $3, due_at = $4, state = $7, lease_until = $8, attempt = 1, last_error = NULL
 WHERE account_id = $1 AND drop_id = $2 AND next_contact_id = $5 AND lease_node = $6 AND deleted_at IS NULL;

-- name: drop_rest
-- Expanding stopped: again at due_at, or failed for good; by the holder of the lease.
-- in: account_id int, drop_id int, state int, due_at int, attempt int, last_error text, lease_node int
UPDATE mail_drop SET state = $3, due_at = $4, attempt = $5, last_error = $6, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND drop_id = $2 AND lease_node = $7 AND deleted_at IS NULL;

-- name: drop_free
-- After a crash: what this node held is nobody's.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE mail_drop SET lease_node = NULL, lease_until = 0 WHERE due_at IS NOT NULL AND lease_node = $1;

-- name: drop_counts
-- Batches and pieces of a drop by state.
-- in: account_id int, drop_id int
-- out: state int, n int, n_pieces int, n_refused int, n_cancelled int
SELECT state, count(*) AS n, CAST(sum(n_pieces) AS BIGINT) AS n_pieces, CAST(sum(n_refused) AS BIGINT) AS n_refused,
 CAST(sum(n_cancelled) AS BIGINT) AS n_cancelled FROM batch
 WHERE account_id = $1 AND drop_id = $2 GROUP BY state;

-- ---- batches ----

-- name: batch_insert
-- A batch, open for a committer (lease_node) or born closed.
-- in: account_id int, batch_id int, drop_id int, state int, is_test int, n_pieces int, template_version int, mid int, stid int
-- in: first_serial int, opened_at int, due_at int, lease_node int
INSERT INTO batch (account_id, batch_id, drop_id, state, is_test, n_pieces, template_version, mid, stid, first_serial, opened_at, due_at,
 lease_node) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: batch_fill
-- Once a group commit and open batch. No row: it was closed or taken, and the group's units run again.
-- in: account_id int, batch_id int, n_pieces int, lease_node int, due_at int
UPDATE batch SET n_pieces = $3, due_at = $5 WHERE account_id = $1 AND batch_id = $2 AND state = 0 AND lease_node = $4;

-- name: batch_close
-- Full, gathered long enough, or its drop changed.
-- in: account_id int, batch_id int, n_pieces int, due_at int, first_serial int, last_error text
UPDATE batch SET state = 1, n_pieces = $3, due_at = $4, first_serial = $5, last_error = $6, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND batch_id = $2 AND state = 0;

-- name: batch_open_of_drop
-- Batches of a drop that take pieces.
-- in: account_id int, drop_id int
-- out: batch_id int
SELECT batch_id FROM batch WHERE account_id = $1 AND drop_id = $2 AND state = 0;

-- name: batch_due
-- Batches in a state by the time when they are due.
-- across accounts: the scheduler looks for everybody's work
-- in: state int, n int
-- out: account_id int, batch_id int, drop_id int, due_at int
SELECT account_id, batch_id, drop_id, due_at FROM batch WHERE state = $1 AND due_at IS NOT NULL ORDER BY due_at LIMIT $2;

-- name: batch_stale
-- Batches that somebody claimed and did not renew.
-- across accounts: the scheduler looks for everybody's work
-- in: state int, now int, n int
-- out: account_id int, batch_id int
SELECT account_id, batch_id FROM batch WHERE state = $1 AND due_at IS NOT NULL AND lease_until < $2 LIMIT $3;

-- name: batch_claim
-- 1 to 2: somebody renders it.
-- in: account_id int, batch_id int, lease_node int, lease_until int, now int
-- out: drop_id int, n_pieces int, template_version int, is_test int, attempt int, mid int, stid int, first_serial int
UPDATE batch SET state = 2, lease_node = $3, lease_until = $4, attempt = attempt + 1 WHERE account_id = $1 AND batch_id = $2 AND state = 1
 AND due_at <= $5 AND lease_until < $5 RETURNING drop_id, n_pieces, template_version, is_test, attempt, mid, stid, first_serial;

-- name: batch_renew
-- The holder is still at work.
-- in: account_id int, batch_id int, lease_node int, lease_until int
UPDATE batch SET lease_until = $4 WHERE account_id = $1 AND batch_id = $2 AND state = 2 AND lease_node = $3;

-- name: batch_serials
-- A batch that closed without room for its serials has them now.
-- in: account_id int, batch_id int, first_serial int, lease_node int
UPDATE batch SET first_serial = $3, last_error = NULL WHERE account_id = $1 AND batch_id = $2 AND state = 2 AND lease_node = $4;

-- name: batch_finish
-- 2 to 3, after the file is whole under its name.
-- in: account_id int, batch_id int, lease_node int, n_refused int, pages_each int, file text, file_bytes int, file_digest blob, n_cancelled int
-- in: due_at int
UPDATE batch SET state = 3, n_refused = $4, pages_each = $5, file = $6, file_bytes = $7, file_digest = $8, n_cancelled = $9, due_at = $10,
 last_error = NULL, lease_node = NULL, lease_until = 0 WHERE account_id = $1 AND batch_id = $2 AND state = 2 AND lease_node = $3;

-- name: batch_unclaim
-- 2 to 1 (again at due_at) or 2 to 8 (given up), by the holder.
-- in: account_id int, batch_id int, lease_node int, state int, due_at int, attempt int, last_error text
UPDATE batch SET state = $4, due_at = $5, attempt = $6, last_error = $7, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND batch_id = $2 AND state = 2 AND lease_node = $3;

-- name: batch_lost
-- 2 to 1: the holder's lease is dead.
-- in: account_id int, batch_id int, now int
UPDATE batch SET state = 1, lease_node = NULL, lease_until = 0 WHERE account_id = $1 AND batch_id = $2 AND state = 2 AND lease_until < $3;

-- name: batch_free
-- After a crash: what this node rendered goes back to Closed.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE batch SET state = 1, lease_node = NULL, lease_until = 0 WHERE state = 2 AND due_at IS NOT NULL AND lease_node = $1;

-- name: batch_find
-- One batch.
-- in: account_id int, batch_id int
-- out: batch_id int, drop_id int, state int, is_test int, n_pieces int, n_refused int, template_version int, pages_each int, mid int, stid int
-- out: first_serial int, opened_at int, due_at int, attempt int, file text, file_bytes int, last_error text
-- out: n_cancelled int, n_told int, handed_over_at int, printer_id int, printer_job text
SELECT batch_id, drop_id, state, is_test, n_pieces, n_refused, template_version, pages_each, mid, stid, first_serial, opened_at, due_at, attempt,
 file, file_bytes, last_error, n_cancelled, n_told, handed_over_at, printer_id, printer_job FROM batch WHERE account_id = $1 AND batch_id = $2;

-- name: batch_page
-- Batches of an account below a number, newest first.
-- in: account_id int, before_id int, n int
-- out: as batch_find
SELECT batch_id, drop_id, state, is_test, n_pieces, n_refused, template_version, pages_each, mid, stid, first_serial, opened_at, due_at, attempt,
 file, file_bytes, last_error, n_cancelled, n_told, handed_over_at, printer_id, printer_job FROM batch WHERE account_id = $1 AND batch_id < $2 ORDER BY batch_id DESC LIMIT $3;

-- name: batch_page_of_drop
-- Batches of a drop below a number, newest first.
-- in: account_id int, drop_id int, before_id int, n int
-- out: as batch_find
SELECT batch_id, drop_id, state, is_test, n_pieces, n_refused, template_version, pages_each, mid, stid, first_serial, opened_at, due_at, attempt,
 file, file_bytes, last_error, n_cancelled, n_told, handed_over_at, printer_id, printer_job FROM batch WHERE account_id = $1 AND drop_id = $2 AND batch_id < $3 ORDER BY batch_id DESC LIMIT $4;

-- ---- serials ----

-- name: serial_pool_find
-- Where a pool stands.
-- in: account_id int, mid int
-- out: size int, next_serial int, lap int
SELECT size, next_serial, lap FROM serial_pool WHERE account_id = $1 AND mid = $2;

-- name: serial_take
-- Takes n serials from first on. No row: the pool moved, or one of them has not rested yet. 5000 is the longest run.
-- in: account_id int, mid int, n int, first int, lap int, was int, now int
UPDATE serial_pool SET next_serial = $4 + $3, lap = $5 WHERE account_id = $1 AND mid = $2 AND next_serial = $6 AND NOT EXISTS (
 SELECT 1 FROM serial_run r WHERE r.account_id = $1 AND r.mid = $2 AND r.first_serial > $4 - 5000 AND r.first_serial < $4 + $3
 AND r.first_serial + r.n > $4 AND (r.free_at IS NULL OR r.free_at > $7));

-- name: serial_run_insert
-- The run belongs to this batch.
-- in: account_id int, mid int, first_serial int, lap int, n int, piece_account_id int, batch_id int, assigned_at int, free_at int
INSERT INTO serial_run (account_id, mid, first_serial, lap, n, piece_account_id, batch_id, assigned_at, free_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: serial_held
-- Serials of a pool that are in the mail or rest.
-- in: account_id int, mid int, now int
-- out: n int
SELECT CAST(COALESCE(sum(n), 0) AS BIGINT) AS n FROM serial_run WHERE account_id = $1 AND mid = $2 AND (free_at IS NULL OR free_at > $3);

-- name: serial_wanted
-- Live pieces that are seated and have no serial yet.
-- across accounts: a mailer id may serve several accounts
-- in: mid int
-- out: n int
SELECT CAST(COALESCE(sum(n_pieces), 0) AS BIGINT) AS n FROM batch WHERE state IN (0, 1) AND due_at IS NOT NULL AND mid = $1 AND is_test = 0
 AND first_serial IS NULL;

-- ---- pieces ----

-- name: piece_insert
-- A piece is born in its seat.
-- append
-- in: piece_id int, account_id int, contact_id int, created_at int, country text, source_ref text, recipient text
INSERT INTO piece (piece_id, account_id, contact_id, created_at, country, source_ref, recipient) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: piece_refuse
-- 0 to 1: it cannot be printed, and why.
-- in: account_id int, piece_id int, reason int, detail text
UPDATE piece SET state = 1, reason = $3, detail = $4 WHERE piece_id = $2 AND account_id = $1 AND state = 0;

-- name: piece_find
-- One piece.
-- in: account_id int, piece_id int
-- out: piece_id int, contact_id int, created_at int, state int, reason int, detail text, recipient text
SELECT piece_id, contact_id, created_at, state, reason, detail, recipient FROM piece WHERE piece_id = $2 AND account_id = $1;

-- name: piece_source
-- Whose contact it was: the sender's word for it, and what its list was imported by.
-- in: account_id int, piece_id int
-- out: source_ref text, source_key text, connection_id int
SELECT p.source_ref, c.source_key, l.connection_id FROM piece p LEFT JOIN contact c ON c.contact_id = p.contact_id AND c.account_id = $1
 LEFT JOIN contact_list l ON l.account_id = $1 AND l.contact_list_id = c.contact_list_id WHERE p.piece_id = $2 AND p.account_id = $1;

-- name: contact_source
-- Whose contact it is: what its list was imported by.
-- in: account_id int, contact_id int
-- out: source_key text, connection_id int
SELECT c.source_key, l.connection_id FROM contact c JOIN contact_list l ON l.account_id = $1 AND l.contact_list_id = c.contact_list_id
 WHERE c.contact_id = $2 AND c.account_id = $1;

-- name: piece_range
-- Pieces of a batch in order of their seats.
-- in: account_id int, from_id int, to_id int, n int
-- out: as piece_find
SELECT piece_id, contact_id, created_at, state, reason, detail, recipient FROM piece
 WHERE piece_id BETWEEN $2 AND $3 AND account_id = $1 ORDER BY piece_id LIMIT $4;

-- name: piece_printed_before
-- How many pieces of a batch stand before this one in the file.
-- in: account_id int, from_id int, to_id int
-- out: n int
SELECT count(*) AS n FROM piece WHERE piece_id >= $2 AND piece_id < $3 AND account_id = $1 AND state = 0;

-- name: piece_refused_of_drop
-- Refused pieces of a drop, newest batch first.
-- in: account_id int, drop_id int, n int, seats_a_batch int
-- out: as piece_find
SELECT p.piece_id, p.contact_id, p.created_at, p.state, p.reason, p.detail, p.recipient FROM batch b
 JOIN piece p ON p.piece_id BETWEEN b.batch_id * $4 AND b.batch_id * $4 + $4 - 1 AND p.account_id = $1
 WHERE b.account_id = $1 AND b.drop_id = $2 AND b.n_refused > 0 AND p.state = 1 ORDER BY b.batch_id DESC, p.piece_id LIMIT $3;

-- name: piece_last
-- The newest piece of a batch.
-- in: account_id int, from_id int, to_id int
-- out: created_at int
SELECT created_at FROM piece WHERE piece_id BETWEEN $2 AND $3 AND account_id = $1 ORDER BY piece_id DESC LIMIT 1;

-- ---- intake ----

-- name: intake_insert
-- A file that is kept and will be worked off.
-- in: account_id int, intake_id int, kind int, target_id int, state int, file text, bytes int, due_at int, received_at int
INSERT INTO intake (account_id, intake_id, kind, target_id, state, file, bytes, due_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: intake_find
-- One intake.
-- in: account_id int, intake_id int
-- out: intake_id int, target_id int, kind int, state int, bytes int, at_byte int, n_rows int, n_used int, n_inserted int, n_updated int, n_repeat int
-- out: n_refused int, received_at int, last_error text
SELECT intake_id, target_id, kind, state, bytes, at_byte, n_rows, n_used, n_inserted, n_updated, n_repeat, n_refused, received_at, last_error FROM intake
 WHERE account_id = $1 AND intake_id = $2;

-- name: intake_due
-- Files of a kind to work off, oldest first.
-- across accounts: the scheduler looks for everybody's work
-- in: kind int, n int
-- out: account_id int, intake_id int, due_at int
SELECT account_id, intake_id, due_at FROM intake WHERE due_at IS NOT NULL AND kind = $1 ORDER BY due_at LIMIT $2;

-- name: intake_claim
-- One node works a file off.
-- in: account_id int, intake_id int, lease_node int, lease_until int, now int
-- out: target_id int, file text, bytes int, at_byte int, n_rows int, attempt int
UPDATE intake SET lease_node = $3, lease_until = $4, state = 1, attempt = attempt + 1 WHERE account_id = $1 AND intake_id = $2 AND due_at <= $5
 AND lease_until < $5 RETURNING target_id, file, bytes, at_byte, n_rows, attempt;

-- name: intake_step
-- These bytes are used, in the transaction that used them. Whoever fails now fails for the first time.
-- in: account_id int, intake_id int, at_byte int, n_rows int, n_used int, n_refused int, was int, lease_node int, lease_until int
-- in: n_inserted int, n_updated int, n_repeat int
UPDATE intake SET at_byte = $3, n_rows = n_rows + $4, n_used = n_used + $5, n_refused = n_refused + $6, n_inserted = n_inserted + $10,
 n_updated = n_updated + $11, n_repeat = n_repeat + $12, lease_until = $9, attempt = 1, last_error = NULL
 WHERE account_id = $1 AND intake_id = $2 AND at_byte = $7 AND lease_node = $8;

-- name: intake_end
-- Done, failed, or again at due_at; by the holder of the lease.
-- in: account_id int, intake_id int, state int, due_at int, attempt int, last_error text, lease_node int
UPDATE intake SET state = $3, due_at = $4, attempt = $5, last_error = $6, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND intake_id = $2 AND lease_node = $7;

-- name: intake_free
-- After a crash: what this node held is nobody's.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE intake SET lease_node = NULL, lease_until = 0 WHERE due_at IS NOT NULL AND lease_node = $1;

-- name: intake_files
-- Every file that a row knows of.
-- across accounts: the house tidies its folder
-- out: file text
SELECT file FROM intake WHERE file <> '';

-- name: intake_old
-- What was worked off long ago, with its file.
-- across accounts: the house forgets everybody's
-- in: before int, n int, after int
-- out: account_id int, intake_id int, file text
SELECT account_id, intake_id, file FROM intake WHERE state IN (2, 3) AND due_at IS NULL AND received_at < $1 AND file <> '' ORDER BY received_at, intake_id LIMIT $2 OFFSET $3;

-- name: intake_forget_file
-- The file is gone; what it gave stays counted.
-- in: account_id int, intake_id int
UPDATE intake SET file = '' WHERE account_id = $1 AND intake_id = $2;

-- name: batch_old
-- Batches that nobody prints any more, with their files: handed over ($2) and told of, recalled ($3), written in test mode ($4) and told of.
-- across accounts: the house forgets everybody's
-- in: before int, handed_over int, cancelled int, ready int, n int, after int
-- out: account_id int, batch_id int, file text
SELECT account_id, batch_id, file FROM batch WHERE file <> '' AND opened_at < $1 AND due_at IS NULL
 AND ((state = $2 AND handed_over_at < $1) OR state = $3 OR (state = $4 AND is_test = 1)) ORDER BY opened_at, batch_id LIMIT $5 OFFSET $6;

-- name: batch_forget_file
-- Its files are gone; what was printed stays counted.
-- in: account_id int, batch_id int
UPDATE batch SET file = '' WHERE account_id = $1 AND batch_id = $2;

-- name: refused_row_forget
-- Some rows that it could not use, in order.
-- in: account_id int, intake_id int, n int
DELETE FROM refused_row WHERE account_id = $1 AND intake_id = $2 AND line IN (SELECT r.line FROM refused_row r
 WHERE r.account_id = $1 AND r.intake_id = $2 ORDER BY r.line LIMIT $3);

-- name: refused_row_insert
-- A row that cannot be used is kept with its line and reason.
-- append
-- in: account_id int, intake_id int, line int, reason int, detail text, raw text
INSERT INTO refused_row (account_id, intake_id, line, reason, detail, raw) VALUES ($1, $2, $3, $4, $5, $6);

-- name: refused_row_page
-- Refused rows behind a line.
-- in: account_id int, intake_id int, after_line int, n int
-- out: line int, reason int, detail text, raw text
SELECT line, reason, detail, raw FROM refused_row WHERE account_id = $1 AND intake_id = $2 AND line > $3 ORDER BY line LIMIT $4;

-- ---- suppression ----

-- name: suppression_list_insert
-- A new suppression list.
-- in: account_id int, suppression_list_id int, name text, country text, created_at int
INSERT INTO suppression_list (account_id, suppression_list_id, name, country, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: suppression_lists
-- Suppression lists between two numbers, oldest first.
-- in: account_id int, from_id int, to_id int, n int, start int
-- out: suppression_list_id int, name text, country text, n_contacts int, created_at int
SELECT suppression_list_id, name, country, n_contacts, created_at FROM suppression_list
 WHERE account_id = $1 AND suppression_list_id >= $2 AND suppression_list_id <= $3 ORDER BY suppression_list_id LIMIT $4 OFFSET $5;

-- name: suppression_list_count
-- People came or went.
-- in: account_id int, suppression_list_id int, n int
UPDATE suppression_list SET n_contacts = n_contacts + $3 WHERE account_id = $1 AND suppression_list_id = $2;

-- name: suppression_list_remove
-- The list is gone; its people went before.
-- in: account_id int, suppression_list_id int
DELETE FROM suppression_list WHERE account_id = $1 AND suppression_list_id = $2;

-- name: suppressed_insert
-- A person who is not to be printed; match_key is empty for one who is known by e-mail alone.
-- in: account_id int, suppression_list_id int, suppressed_id int, match_key blob, email_key blob, person text, created_at int
INSERT INTO suppressed (account_id, suppression_list_id, suppressed_id, match_key, email_key, person, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: suppressed_put
-- The whole person.
-- in: account_id int, suppression_list_id int, suppressed_id int, match_key blob, email_key blob, person text
UPDATE suppressed SET match_key = $4, email_key = $5, person = $6 WHERE account_id = $1 AND suppression_list_id = $2 AND suppressed_id = $3;

-- name: suppressed_remove
-- A person may be printed again.
-- in: account_id int, suppression_list_id int, suppressed_id int
DELETE FROM suppressed WHERE account_id = $1 AND suppression_list_id = $2 AND suppressed_id = $3;

-- name: suppressed_remove_to
-- The people of a list up to a number.
-- in: account_id int, suppression_list_id int, suppressed_id int
DELETE FROM suppressed WHERE account_id = $1 AND suppression_list_id = $2 AND suppressed_id <= $3;

-- name: suppressed_find
-- One person of a list.
-- in: account_id int, suppression_list_id int, suppressed_id int
-- out: person text, created_at int
SELECT person, created_at FROM suppressed WHERE account_id = $1 AND suppression_list_id = $2 AND suppressed_id = $3;

-- name: suppressed_page
-- People of a list in order of their numbers.
-- in: account_id int, suppression_list_id int, n int, start int
-- out: suppressed_id int, person text, created_at int
SELECT suppressed_id, person, created_at FROM suppressed WHERE account_id = $1 AND suppression_list_id = $2 ORDER BY suppressed_id LIMIT $3 OFFSET $4;

-- name: suppressed_any
-- Does the account suppress anybody?
-- in: account_id int
-- out: suppressed_id int
SELECT suppressed_id FROM suppressed WHERE account_id = $1 LIMIT 1;

-- name: suppressed_by_address
-- Which list suppresses this person at this address?
-- in: account_id int, match_key blob
-- out: suppression_list_id int
SELECT suppression_list_id FROM suppressed WHERE account_id = $1 AND match_key = $2 LIMIT 1;

-- name: suppressed_by_email
-- Which list suppresses this e-mail address?
-- in: account_id int, email_key blob
-- out: suppression_list_id int
SELECT suppression_list_id FROM suppressed WHERE account_id = $1 AND email_key = $2 LIMIT 1;

-- ---- events of drops, with the people ----

-- name: event_of_drop
-- What happened to a drop's pieces, newest first.
-- in: account_id int, drop_id int, skip int, n int
-- out: event_id int, code int, is_test int, happened_at int, recorded_at int, detail text, piece_id int, contact_id int, recipient text
SELECT e.event_id, e.code, e.is_test, e.happened_at, e.recorded_at, e.detail, p.piece_id, p.contact_id, p.recipient FROM event e
 JOIN piece p ON p.piece_id = e.subject_id AND p.account_id = $1
 WHERE e.account_id = $1 AND e.source = 1 AND e.source_id = $2 ORDER BY e.event_id DESC LIMIT $4 OFFSET $3;

-- name: event_of_contact
-- The same of one contact, from the time of its oldest piece on.
-- in: account_id int, drop_id int, contact_id int, first_id int, skip int, n int
-- out: as event_of_drop
SELECT e.event_id, e.code, e.is_test, e.happened_at, e.recorded_at, e.detail, p.piece_id, p.contact_id, p.recipient FROM event e
 JOIN piece p ON p.piece_id = e.subject_id AND p.account_id = $1
 WHERE e.account_id = $1 AND e.source = 1 AND e.source_id = $2 AND e.event_id >= $4
 AND e.subject_id IN (SELECT q.piece_id FROM piece q WHERE q.account_id = $1 AND q.contact_id = $3) ORDER BY e.event_id DESC LIMIT $6 OFFSET $5;

-- name: piece_oldest
-- When a contact's first piece was made.
-- in: account_id int, contact_id int
-- out: created_at int
SELECT created_at FROM piece WHERE account_id = $1 AND contact_id = $2 ORDER BY piece_id LIMIT 1;



-- ---- tracking ----

-- name: pool_every
-- Where each pool of serials stands.
-- across accounts: a scan is matched before it is known whose piece it is
-- out: account_id int, mid int, next_serial int, lap int
SELECT account_id, mid, next_serial, lap FROM serial_pool;

-- name: runs_behind
-- Runs of a pool's lap from a serial on.
-- in: account_id int, mid int, lap int, from_serial int
-- out: lap int, first_serial int, n int, piece_account_id int, batch_id int, assigned_at int
SELECT lap, first_serial, n, piece_account_id, batch_id, assigned_at FROM serial_run WHERE account_id = $1 AND mid = $2 AND lap = $3
 AND first_serial >= $4 ORDER BY first_serial;

-- name: runs_of_laps
-- Runs of a pool's laps behind one.
-- in: account_id int, mid int, lap int
-- out: as runs_behind
SELECT lap, first_serial, n, piece_account_id, batch_id, assigned_at FROM serial_run WHERE account_id = $1 AND mid = $2 AND lap > $3
 ORDER BY lap, first_serial;

-- name: run_of_serial
-- The runs that hold a serial, if they are not older than a time.
-- in: account_id int, mid int, serial int, from_at int, longest_run int
-- out: first_serial int, n int, piece_account_id int, batch_id int, assigned_at int
SELECT first_serial, n, piece_account_id, batch_id, assigned_at FROM serial_run WHERE account_id = $1 AND mid = $2 AND first_serial > $3 - $5
 AND first_serial <= $3 AND first_serial + n > $3 AND assigned_at >= $4;

-- name: run_of_batch
-- The run of a batch's serials.
-- across accounts: the pool may be another account's
-- in: mid int, first_serial int, batch_id int
-- out: account_id int, mid int, n int, assigned_at int
SELECT account_id, mid, n, assigned_at FROM serial_run WHERE mid IN ($1, -$1) AND first_serial = $2 AND batch_id = $3;

-- name: scan_range
-- What is known of neighbouring pieces: merged in memory with what is new.
-- in: account_id int, from_id int, to_id int
-- out: piece_id int, scanned_at int, op_code int, facility int, handling int, phase int, emits int
SELECT piece_id, scanned_at, op_code, facility, handling, phase, emits FROM scan WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3
 ORDER BY piece_id, scanned_at, op_code, facility, handling;

-- name: scan_insert
-- A row that was not there.
-- append
-- in: account_id int, piece_id int, scanned_at int, op_code int, facility int, handling int, phase int, emits int, intake_id int, detail text
INSERT INTO scan (account_id, piece_id, scanned_at, op_code, facility, handling, phase, emits, intake_id, detail)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: scan_of_piece
-- All that is known of a piece, in order of time.
-- in: account_id int, piece_id int, n int
-- out: scanned_at int, op_code int, facility int, handling int, phase int, emits int, intake_id int, detail text
SELECT scanned_at, op_code, facility, handling, phase, emits, intake_id, detail FROM scan WHERE account_id = $1 AND piece_id = $2
 ORDER BY scanned_at, op_code, facility, handling LIMIT $3;

-- name: piece_people
-- Whom neighbouring pieces are for.
-- in: account_id int, from_id int, to_id int
-- out: piece_id int, contact_id int, source_ref text
SELECT piece_id, contact_id, source_ref FROM piece WHERE piece_id BETWEEN $2 AND $3 AND account_id = $1 ORDER BY piece_id;

-- name: batch_quiet
-- Live batches with pieces for the US that were handed over in a span of time and have no scan of the USPS.
-- in: account_id int, from_at int, to_at int, n int, seats_a_batch int
-- out: batch_id int, drop_id int, n_pieces int, handed_over_at int, printer_job text
SELECT batch_id, drop_id, n_pieces, handed_over_at, printer_job FROM batch WHERE account_id = $1 AND is_test = 0 AND handed_over_at > $2
 AND handed_over_at <= $3 AND NOT EXISTS (SELECT 1 FROM scan s WHERE s.account_id = $1
 AND s.piece_id BETWEEN batch.batch_id * $5 AND batch.batch_id * $5 + $5 - 1 AND s.handling <> 80)
 AND EXISTS (SELECT 1 FROM piece p WHERE p.piece_id BETWEEN batch.batch_id * $5 AND batch.batch_id * $5 + $5 - 1 AND p.account_id = $1
 AND p.state = 0 AND (p.country IS NULL OR upper(p.country) NOT IN ('CA', 'CAN', 'CANADA'))) ORDER BY handed_over_at LIMIT $4;

-- name: orphan_insert
-- A scan of a code that is no piece's; again: nothing.
-- in: account_id int, mid int, serial int, scanned_at int, op_code int, facility int, handling int, phase int, stid int, intake_id int
-- in: detail text
INSERT INTO orphan_scan (account_id, mid, serial, scanned_at, op_code, facility, handling, phase, stid, intake_id, detail)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
 ON CONFLICT (account_id, mid, serial, scanned_at, op_code, facility, handling) DO NOTHING;

-- name: orphan_is_there
-- Is anything waiting for these serials?
-- in: account_id int, mid int, first_serial int, last_serial int, from_at int
-- out: serial int
SELECT serial FROM orphan_scan WHERE account_id = $1 AND mid = $2 AND serial BETWEEN $3 AND $4 AND scanned_at >= $5 LIMIT 1;

-- name: orphan_match
-- What waits for these serials, in order of its pieces and times.
-- in: account_id int, mid int, first_serial int, last_serial int, from_at int, n int
-- out: serial int, scanned_at int, op_code int, facility int, handling int, phase int, stid int, detail text
SELECT serial, scanned_at, op_code, facility, handling, phase, stid, detail FROM orphan_scan WHERE account_id = $1 AND mid = $2
 AND serial BETWEEN $3 AND $4 AND scanned_at >= $5 ORDER BY serial, scanned_at, op_code, facility, handling LIMIT $6;

-- name: orphan_remove
-- It has found its piece.
-- in: account_id int, mid int, serial int, scanned_at int, op_code int, facility int, handling int
DELETE FROM orphan_scan WHERE account_id = $1 AND mid = $2 AND serial = $3 AND scanned_at = $4 AND op_code = $5 AND facility = $6
 AND handling = $7;

-- name: account_parent
-- The account above this one.
-- in: account_id int
-- out: parent_id int
SELECT parent_id FROM account WHERE account_id = $1;

-- name: accounts_below
-- Accounts below this one.
-- in: account_id int
-- out: account_id int
SELECT account_id FROM account WHERE parent_id = $1;

-- ---- pushes and files of scans ----

-- name: scan_intake_due
-- Files of scans to read, oldest first.
-- across accounts: the scheduler looks for everybody's work
-- in: n int
-- out: account_id int, intake_id int, due_at int
SELECT account_id, intake_id, due_at FROM intake WHERE due_at IS NOT NULL AND kind IN (2, 3, 5, 6) ORDER BY due_at LIMIT $1;

-- name: scan_intake_find
-- One of them.
-- in: account_id int, intake_id int
-- out: intake_id int, kind int, state int, bytes int, at_byte int, n_rows int, n_used int, n_repeat int, n_orphan int, n_refused int
-- out: received_at int, last_error text
SELECT intake_id, kind, state, bytes, at_byte, n_rows, n_used, n_repeat, n_orphan, n_refused, received_at, last_error FROM intake
 WHERE account_id = $1 AND intake_id = $2 AND kind IN (2, 3, 5, 6);

-- name: scan_intake_page
-- Newest first, below a number.
-- in: account_id int, before_id int, n int
-- out: as scan_intake_find
SELECT intake_id, kind, state, bytes, at_byte, n_rows, n_used, n_repeat, n_orphan, n_refused, received_at, last_error FROM intake
 WHERE account_id = $1 AND intake_id < $2 AND kind IN (2, 3, 5, 6) ORDER BY intake_id DESC LIMIT $3;

-- name: scan_intake_add
-- These rows are stored, in their own transaction; by the holder of the lease.
-- in: account_id int, intake_id int, n_used int, n_orphan int, lease_node int, lease_until int
UPDATE intake SET n_used = n_used + $3, n_orphan = n_orphan + $4, lease_until = $6 WHERE account_id = $1 AND intake_id = $2 AND lease_node = $5;

-- name: scan_intake_step
-- A window of rows is stored to its last one. What was neither used nor refused nor an orphan had been there before.
-- in: account_id int, intake_id int, at_byte int, n_rows int, n_refused int, was int, lease_node int, lease_until int
UPDATE intake SET at_byte = $3, n_rows = n_rows + $4, n_refused = n_refused + $5,
 n_repeat = n_rows + $4 - n_used - n_orphan - n_refused - $5, lease_until = $8, attempt = 1, last_error = NULL
 WHERE account_id = $1 AND intake_id = $2 AND at_byte = $6 AND lease_node = $7;

-- ---- statistics ----

-- name: stat_add
-- Added up in memory; once a group, drop, day and code.
-- in: account_id int, drop_id int, day int, code int, slot int, n int
INSERT INTO drop_stat (account_id, drop_id, day, code, slot, n) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (account_id, drop_id, code, day, slot) DO UPDATE SET n = drop_stat.n + excluded.n;

-- name: stat_wipe
-- A code of a drop counts from 0 again.
-- in: account_id int, drop_id int, code int
DELETE FROM drop_stat WHERE account_id = $1 AND drop_id = $2 AND code = $3;

-- name: stat_of_drop
-- Codes of a drop, all days together.
-- in: account_id int, drop_id int, first_code int, last_code int
-- out: code int, n int
SELECT code, CAST(sum(n) AS BIGINT) AS n FROM drop_stat WHERE account_id = $1 AND drop_id = $2 AND code BETWEEN $3 AND $4 GROUP BY code;

-- name: stat_days
-- Codes of a drop by day.
-- in: account_id int, drop_id int, first_code int, last_code int, from_day int, to_day int
-- out: day int, code int, n int
SELECT day, code, CAST(sum(n) AS BIGINT) AS n FROM drop_stat WHERE account_id = $1 AND drop_id = $2 AND code BETWEEN $3 AND $4
 AND day BETWEEN $5 AND $6 GROUP BY day, code ORDER BY day, code;

-- ---- the story of a piece ----

-- name: story_batch
-- What a piece's batch went through.
-- in: account_id int, batch_id int
-- out: handed_over_at int, printer_job text, file_bytes int, attempt int, last_error text
SELECT handed_over_at, printer_job, file_bytes, attempt, last_error FROM batch WHERE account_id = $1 AND batch_id = $2;

-- name: story_events
-- What was made known of a piece.
-- in: account_id int, drop_id int, from_event_id int, piece_id int, n int
-- out: event_id int, code int, is_test int, happened_at int, recorded_at int, detail text
SELECT event_id, code, is_test, happened_at, recorded_at, detail FROM event WHERE account_id = $1 AND source = 1 AND source_id = $2
 AND event_id >= $3 AND subject_id = $4 ORDER BY event_id LIMIT $5;

-- name: story_visits
-- Visits to a piece's personal URL.
-- in: account_id int, piece_id int, n int
-- out: visit_id int, kind int, is_test int, visited_at int, url text
SELECT visit_id, kind, is_test, visited_at, url FROM visit WHERE account_id = $1 AND piece_id = $2 ORDER BY visit_id LIMIT $3;

-- name: story_waiting
-- Deliveries of an event that are still to be made, or given up.
-- in: account_id int, source_id int, event_id int
-- out: delivery_id int, destination_id int, subscription_id int, due_at int, attempt int, last_error text
SELECT delivery_id, destination_id, subscription_id, due_at, attempt, last_error FROM delivery WHERE account_id = $1 AND source = 1
 AND source_id = $2 AND event_id = $3 ORDER BY delivery_id;

-- name: story_attempts
-- Attempts to deliver an event.
-- in: account_id int, from_log_id int, source_id int, event_id int
-- out: log_id int, destination_id int, delivery_id int, attempt int, result int, http_status int, took_ms int
SELECT log_id, destination_id, delivery_id, attempt, result, http_status, took_ms FROM delivery_log WHERE account_id = $1 AND log_id >= $2
 AND source = 1 AND source_id = $3 AND event_id = $4 ORDER BY log_id;


-- ---- printers ----

-- name: printer_find
-- A printer of the house by its name.
-- in: account_id int, kind int, label text
-- out: connection_id int, label text, state int, settings text, updated_at int
SELECT connection_id, label, state, settings, updated_at FROM connection WHERE account_id = $1 AND kind = $2 AND label = $3;

-- name: printer_by_id
-- A printer of the house by its number, also when it was removed since: what was handed to it may have to be asked for.
-- in: account_id int, connection_id int
-- out: as printer_find
SELECT connection_id, label, state, settings, updated_at FROM connection WHERE account_id = $1 AND connection_id = $2;

-- name: printer_every
-- All printers of the house by name.
-- in: account_id int, kind int
-- out: as printer_find
SELECT connection_id, label, state, settings, updated_at FROM connection WHERE account_id = $1 AND kind = $2 AND state = 0 ORDER BY label;

-- name: printer_insert
-- A new printer.
-- in: account_id int, connection_id int, kind int, label text, state int, settings text, updated_at int
INSERT INTO connection (account_id, connection_id, kind, label, state, settings, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: printer_put
-- Where it is from now on; state 1: it is removed.
-- in: account_id int, connection_id int, state int, settings text, updated_at int
UPDATE connection SET state = $3, settings = $4, updated_at = $5, version = version + 1 WHERE account_id = $1 AND connection_id = $2;

-- name: printer_grant
-- The account prints there from now on.
-- in: account_id int, connection_id int, granted_at int
INSERT INTO account_printer (account_id, connection_id, granted_at) VALUES ($1, $2, $3) ON CONFLICT (account_id)
 DO UPDATE SET connection_id = excluded.connection_id, granted_at = excluded.granted_at;

-- name: printer_revoke
-- The account prints nowhere.
-- in: account_id int
DELETE FROM account_printer WHERE account_id = $1;

-- name: printer_revoke_all
-- Nobody prints there any more.
-- across accounts: the operator removes a printer
-- in: connection_id int
DELETE FROM account_printer WHERE connection_id = $1;

-- name: printer_granted
-- Where the account prints.
-- in: account_id int
-- out: connection_id int
SELECT connection_id FROM account_printer WHERE account_id = $1;

-- name: printer_accounts
-- Who prints there.
-- across accounts: for the operator
-- in: connection_id int
-- out: account_id int
SELECT account_id FROM account_printer WHERE connection_id = $1 ORDER BY account_id;

-- ---- hand-over ----

-- name: handover_claim
-- 3 to 4: this attempt hands it over, and nobody else.
-- in: account_id int, batch_id int, lease_node int, lease_until int, printer_id int, now int
-- out: attempt int, file text
UPDATE batch SET state = 4, lease_node = $3, lease_until = $4, printer_id = $5, printer_job = NULL, attempt = attempt + 1
 WHERE account_id = $1 AND batch_id = $2 AND state = 3 AND is_test = 0 AND due_at <= $6 RETURNING attempt, file;

-- name: handover_take_over
-- Still 4: the holder's lease is dead, and this one finds out what came of it.
-- in: account_id int, batch_id int, lease_node int, lease_until int, now int
-- out: attempt int, file text, printer_id int, printer_job text
UPDATE batch SET lease_node = $3, lease_until = $4, attempt = attempt + 1 WHERE account_id = $1 AND batch_id = $2 AND state = 4
 AND lease_until < $5 RETURNING attempt, file, printer_id, printer_job;

-- name: handover_leaving
-- From the next line on paper may come of it.
-- in: account_id int, batch_id int, lease_node int, attempt int, printer_job text, lease_until int
UPDATE batch SET printer_job = $5, lease_until = $6 WHERE account_id = $1 AND batch_id = $2 AND state = 4 AND lease_node = $3 AND attempt = $4;

-- name: handover_renew
-- The holder is still at work.
-- in: account_id int, batch_id int, lease_node int, attempt int, lease_until int
UPDATE batch SET lease_until = $5 WHERE account_id = $1 AND batch_id = $2 AND state = 4 AND lease_node = $3 AND attempt = $4;

-- name: handover_end
-- 4 to 5, 3 or 9, by the holder.
-- in: account_id int, batch_id int, lease_node int, attempt int, state int, due_at int, handed_over_at int, printer_job text, last_error text
UPDATE batch SET state = $5, due_at = $6, handed_over_at = $7, printer_job = $8, last_error = $9, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND batch_id = $2 AND state = 4 AND lease_node = $3 AND attempt = $4;

-- name: handover_decide
-- 9 to 5 or 3: a person has looked.
-- in: account_id int, batch_id int, state int, due_at int, handed_over_at int
UPDATE batch SET state = $3, due_at = $4, handed_over_at = $5, last_error = NULL, attempt = 0 WHERE account_id = $1 AND batch_id = $2 AND state = 9;

-- name: handover_wait
-- Still 3: there is no printer for it.
-- in: account_id int, batch_id int, last_error text
UPDATE batch SET due_at = NULL, last_error = $3 WHERE account_id = $1 AND batch_id = $2 AND state = 3;

-- name: handover_postpone
-- Still 3: its printer is busy with others.
-- in: account_id int, batch_id int, due_at int
UPDATE batch SET due_at = $3 WHERE account_id = $1 AND batch_id = $2 AND state = 3;

-- name: handover_wake
-- The account's printer is there, or is another now: everything that waits is tried at once.
-- in: account_id int, due_at int
UPDATE batch SET due_at = $2 WHERE account_id = $1 AND state = 3 AND is_test = 0 AND n_refused + n_cancelled < n_pieces;

-- name: handover_free
-- After a crash: what this node was handing over is resolved at once. It is never claimed again.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE batch SET lease_until = 0 WHERE state = 4 AND due_at IS NOT NULL AND lease_node = $1;

-- name: batch_told
-- These seats' events are written, in the unit that wrote them; due_at NULL: all are.
-- in: account_id int, batch_id int, n_told int, due_at int, was int
UPDATE batch SET n_told = $3, due_at = $4 WHERE account_id = $1 AND batch_id = $2 AND n_told = $5;

-- name: piece_to_tell
-- Pieces of a batch that are on paper, from a seat on.
-- in: account_id int, from_id int, to_id int, n int
-- out: piece_id int, contact_id int, source_ref text
SELECT piece_id, contact_id, source_ref FROM piece WHERE piece_id BETWEEN $2 AND $3 AND account_id = $1 AND state = 0 ORDER BY piece_id LIMIT $4;

-- name: serial_run_rest
-- From when on the batch's serials may be used again.
-- in: account_id int, mid int, first_serial int, batch_id int, free_at int
UPDATE serial_run SET free_at = $5 WHERE account_id = $1 AND mid = $2 AND first_serial = $3 AND batch_id = $4;

-- ---- recall and held batches ----

-- name: piece_cancel
-- 0 to 2: recalled. What was sent through a connection is paper already, or may be.
-- in: account_id int, from_id int, to_id int
UPDATE piece SET state = 2 WHERE piece_id BETWEEN $2 AND $3 AND account_id = $1 AND state = 0
 AND NOT EXISTS (SELECT 1 FROM remote_piece r WHERE r.account_id = $1 AND r.piece_id = piece.piece_id AND r.state <> 4);

-- name: batch_cancel
-- 1 or 3 to 7: nothing of it goes on paper.
-- in: account_id int, batch_id int, state int, last_error text
UPDATE batch SET state = 7, due_at = NULL, n_cancelled = n_pieces - n_refused, last_error = $4 WHERE account_id = $1 AND batch_id = $2 AND state = $3;

-- name: batch_recall
-- What was not sent of it was recalled while the rest was on its way, piece by piece.
-- in: account_id int, batch_id int, recalled_at int, n_cancelled int
UPDATE batch SET recalled_at = $3, n_cancelled = n_cancelled + $4 WHERE account_id = $1 AND batch_id = $2;

-- name: batch_recalled
-- Since when its pieces that were not sent are recalled.
-- in: account_id int, batch_id int
-- out: recalled_at int
SELECT recalled_at FROM batch WHERE account_id = $1 AND batch_id = $2 AND recalled_at IS NOT NULL;

-- name: batch_recall_end
-- 3 to 5 or 9: what was sent of a recalled batch is all that will be.
-- in: account_id int, batch_id int, state int, due_at int, handed_over_at int, printer_job text, last_error text
UPDATE batch SET state = $3, due_at = $4, handed_over_at = $5, printer_job = $6, last_error = $7, attempt = 0
 WHERE account_id = $1 AND batch_id = $2 AND state = 3;

-- name: batch_release
-- A held batch that was full when it closed is due.
-- in: account_id int, batch_id int, due_at int
UPDATE batch SET due_at = $3, last_error = NULL WHERE account_id = $1 AND batch_id = $2 AND state = 1 AND due_at IS NULL;

-- name: recall_of_drop
-- Batches of a drop that are not on paper, or are while they are handed over; all 1: of the whole account.
-- in: account_id int, drop_id int, every_drop int, after_id int
-- out: batch_id int
SELECT batch_id FROM batch WHERE account_id = $1 AND (drop_id = $2 OR $3 = 1) AND batch_id > $4 AND state IN (0, 1, 3, 4) ORDER BY batch_id LIMIT 1;

-- name: drop_is_there
-- Does the drop of a batch still want to be printed?
-- in: account_id int, drop_id int
-- out: drop_id int
SELECT drop_id FROM mail_drop WHERE account_id = $1 AND drop_id = $2 AND deleted_at IS NULL;

-- ---- daily caps ----

-- name: campaign_cap
-- Its own cap of live pieces a day; 0: none.
-- in: account_id int, campaign_id int
-- out: daily_cap int
SELECT daily_cap FROM campaign WHERE account_id = $1 AND campaign_id = $2;

-- name: day_count_find
-- Live pieces of a key or campaign on a day.
-- in: account_id int, name text, day int
-- out: n int
SELECT n FROM day_count WHERE account_id = $1 AND name = $2 AND day = $3;

-- name: day_count_add
-- Once a group commit and name.
-- in: account_id int, name text, day int, n int
INSERT INTO day_count (account_id, name, day, n) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, name, day) DO UPDATE SET n = day_count.n + excluded.n;

-- ---- screening before the press ----

-- name: mailed_find
-- When this campaign last printed for an address, and which piece.
-- in: account_id int, match_key blob, campaign_id int
-- out: piece_id int, mailed_at int
SELECT piece_id, mailed_at FROM mailed_address WHERE account_id = $1 AND match_key = $2 AND campaign_id = $3;

-- name: mailed_put
-- The address's newest piece.
-- in: account_id int, match_key blob, campaign_id int, piece_id int, mailed_at int
INSERT INTO mailed_address (account_id, match_key, campaign_id, piece_id, mailed_at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (account_id, match_key, campaign_id) DO UPDATE SET piece_id = excluded.piece_id, mailed_at = excluded.mailed_at;

-- name: mailed_give_back
-- The piece was not printed after all.
-- in: account_id int, match_key blob, campaign_id int, piece_id int
DELETE FROM mailed_address WHERE account_id = $1 AND match_key = $2 AND campaign_id = $3 AND piece_id = $4;

-- ---- printers' returns ----

-- name: printed_step
-- These bytes are used, in the transaction that used them.
-- in: account_id int, intake_id int, at_byte int, n_rows int, n_used int, n_refused int, was int, lease_node int, lease_until int, n_repeat int
UPDATE intake SET at_byte = $3, n_rows = n_rows + $4, n_used = n_used + $5, n_refused = n_refused + $6, n_repeat = n_repeat + $10, lease_until = $9,
 attempt = 1, last_error = NULL WHERE account_id = $1 AND intake_id = $2 AND at_byte = $7 AND lease_node = $8;

-- name: mailed_give_back_range
-- Pieces that were recalled, or whose batch failed: none was printed, but for those that were sent through a connection.
-- in: account_id int, from_id int, to_id int
DELETE FROM mailed_address WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3
 AND NOT EXISTS (SELECT 1 FROM remote_piece r WHERE r.account_id = $1 AND r.piece_id = mailed_address.piece_id AND r.state <> 4);

-- ---- visits and tracking domains ----

-- name: visit_place
-- Where a visit to a piece of a batch leads, also when the drop was deleted since: its pieces are in the mail.
-- in: account_id int, batch_id int
-- out: drop_id int, is_test int, starting_url text, goal_url text, tracking int, landing_fields text
SELECT b.drop_id, b.is_test, d.starting_url, d.goal_url, o.tracking, o.landing_fields FROM batch b
 JOIN mail_drop d ON d.account_id = $1 AND d.drop_id = b.drop_id
 LEFT JOIN drop_online o ON o.account_id = $1 AND o.drop_id = b.drop_id WHERE b.account_id = $1 AND b.batch_id = $2;

-- name: visit_insert
-- Somebody came, or a landing page said what was seen.
-- in: account_id int, piece_id int, visit_id int, kind int, is_test int, visited_at int, of_visit int, url text, visitor blob, agent text
INSERT INTO visit (account_id, piece_id, visit_id, kind, is_test, visited_at, of_visit, url, visitor, agent)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: visit_seen
-- What is known of a piece's visitors.
-- in: account_id int, piece_id int, n int
-- out: visit_id int, kind int, is_test int, of_visit int, visitor blob
SELECT visit_id, kind, is_test, of_visit, visitor FROM visit WHERE account_id = $1 AND piece_id = $2 ORDER BY visit_id LIMIT $3;

-- name: visit_of_piece
-- Visits to a piece's personal URL, newest first.
-- in: account_id int, piece_id int, n int
-- out: visit_id int, kind int, is_test int, visited_at int, url text
SELECT visit_id, kind, is_test, visited_at, url FROM visit WHERE account_id = $1 AND piece_id = $2 ORDER BY visit_id DESC LIMIT $3;

-- name: visit_wipe_test
-- Test visits to the pieces of a batch are gone.
-- in: account_id int, from_id int, to_id int
DELETE FROM visit WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3 AND is_test = 1;

-- name: batch_after
-- Batches of a drop in order of their numbers.
-- in: account_id int, drop_id int, after int, n int
-- out: batch_id int
SELECT batch_id FROM batch WHERE account_id = $1 AND drop_id = $2 AND batch_id > $3 ORDER BY batch_id LIMIT $4;

-- name: drop_online_find
-- How visits to a drop's pieces are tracked; no row: they are, and landing pages get nothing.
-- in: account_id int, drop_id int
-- out: tracking int, landing_fields text
SELECT tracking, landing_fields FROM drop_online WHERE account_id = $1 AND drop_id = $2;

-- name: drop_online_put
-- How visits to a drop's pieces are tracked from now on.
-- in: account_id int, drop_id int, tracking int, landing_fields text
INSERT INTO drop_online (account_id, drop_id, tracking, landing_fields) VALUES ($1, $2, $3, $4)
 ON CONFLICT (account_id, drop_id) DO UPDATE SET tracking = excluded.tracking, landing_fields = excluded.landing_fields;

-- name: drop_urls_put
-- Where personal URLs of a drop lead from now on.
-- in: account_id int, drop_id int, starting_url text, goal_url text
UPDATE mail_drop SET starting_url = $3, goal_url = $4 WHERE account_id = $1 AND drop_id = $2;

-- name: tracking_domain_every
-- All tracking domains, oldest first.
-- out: host text, account_id int, created_at int
SELECT host, account_id, created_at FROM tracking_domain ORDER BY created_at, host;

-- name: tracking_domain_find
-- Whose tracking domain is it?
-- in: host text
-- out: account_id int
SELECT account_id FROM tracking_domain WHERE host = $1;

-- name: tracking_domain_insert
-- A host name that serves nothing but an account's personal URLs.
-- in: host text, account_id int, created_at int
INSERT INTO tracking_domain (host, account_id, created_at) VALUES ($1, $2, $3);

-- name: tracking_domain_remove
-- The host name is no tracking domain any more.
-- in: host text, account_id int
DELETE FROM tracking_domain WHERE host = $1 AND account_id = $2;

-- ---- printing through a connection (remote_piece.c) ----

-- name: drop_printer_find
-- Whose connection prints the drop.
-- in: account_id int, drop_id int
-- out: connection_id int, endpoint text
SELECT connection_id, endpoint FROM drop_printer WHERE account_id = $1 AND drop_id = $2;

-- name: drop_printer_put
-- The drop is printed there from now on.
-- in: account_id int, drop_id int, connection_id int, endpoint text
INSERT INTO drop_printer (account_id, drop_id, connection_id, endpoint) VALUES ($1, $2, $3, $4)
 ON CONFLICT (account_id, drop_id) DO UPDATE SET connection_id = excluded.connection_id, endpoint = excluded.endpoint;

-- name: drop_printer_remove
-- The account's printer prints it again.
-- in: account_id int, drop_id int
DELETE FROM drop_printer WHERE account_id = $1 AND drop_id = $2;

-- name: handover_wake_drop
-- The drop's printer is another now: its batches that wait are tried at once.
-- in: account_id int, drop_id int, due_at int
UPDATE batch SET due_at = $3 WHERE account_id = $1 AND drop_id = $2 AND state = 3 AND is_test = 0 AND n_refused + n_cancelled < n_pieces;

-- name: remote_piece_next
-- The next seated piece of a batch that nobody has sent, nor begun to.
-- in: account_id int, from_id int, to_id int
-- out: piece_id int, contact_id int, recipient text
SELECT p.piece_id, p.contact_id, p.recipient FROM piece p WHERE p.piece_id BETWEEN $2 AND $3 AND p.account_id = $1 AND p.state = 0
 AND NOT EXISTS (SELECT 1 FROM remote_piece r WHERE r.account_id = $1 AND r.piece_id = p.piece_id) ORDER BY p.piece_id LIMIT 1;

-- name: remote_piece_claim
-- Before its request: whoever comes second changes nothing, and what was recalled is not sent.
-- in: account_id int, piece_id int, connection_id int, state int, sent_at int
INSERT INTO remote_piece (account_id, piece_id, connection_id, state, sent_at) SELECT account_id, piece_id, $3, $4, $5 FROM piece
 WHERE piece_id = $2 AND account_id = $1 AND state = 0 ON CONFLICT (account_id, piece_id) DO NOTHING;

-- name: remote_piece_mark
-- What came of its request.
-- in: account_id int, piece_id int, was int, state int, remote_id text
UPDATE remote_piece SET state = $4, remote_id = $5 WHERE account_id = $1 AND piece_id = $2 AND state = $3;

-- name: remote_piece_unclaim
-- No piece came of it, for sure.
-- in: account_id int, piece_id int, state int
DELETE FROM remote_piece WHERE account_id = $1 AND piece_id = $2 AND state = $3;

-- name: remote_piece_open
-- Pieces of a batch of which nobody knows, in order.
-- in: account_id int, from_id int, to_id int, claimed int, unknown int, n int
-- out: piece_id int, state int
SELECT piece_id, state FROM remote_piece WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3 AND (state = $4 OR state = $5) ORDER BY piece_id LIMIT $6;

-- name: remote_piece_last
-- When the request left that was answered last of a batch's.
-- in: account_id int, from_id int, to_id int, sent int, refused int
-- out: last_at int
SELECT MAX(sent_at) FROM remote_piece WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3 AND (state = $4 OR state = $5);

-- name: remote_piece_in_a_row
-- Of how many requests of a batch nobody knows, that left after the one that was answered last.
-- in: account_id int, from_id int, to_id int, claimed int, unknown int, sent int, refused int
-- out: n int
SELECT count(*) AS n FROM remote_piece WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3 AND (state = $4 OR state = $5) AND sent_at >
 (SELECT COALESCE(MAX(sent_at), 0) FROM remote_piece WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3 AND (state = $6 OR state = $7));

-- name: remote_piece_begun
-- Whose connection has sent a piece of a batch, or may have.
-- in: account_id int, from_id int, to_id int, refused int
-- out: connection_id int
SELECT connection_id FROM remote_piece WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3 AND state <> $4 LIMIT 1;

-- name: remote_piece_forget
-- A person has looked: they were not made.
-- in: account_id int, from_id int, to_id int, claimed int, unknown int
DELETE FROM remote_piece WHERE account_id = $1 AND piece_id BETWEEN $2 AND $3 AND (state = $4 OR state = $5);

-- name: batch_one_refused
-- One piece less goes on paper.
-- in: account_id int, batch_id int
UPDATE batch SET n_refused = n_refused + 1 WHERE account_id = $1 AND batch_id = $2;

-- name: piece_hops
-- The sender's word for a piece.
-- in: account_id int, piece_id int
-- out: source_ref text
SELECT source_ref FROM piece WHERE piece_id = $2 AND account_id = $1;
