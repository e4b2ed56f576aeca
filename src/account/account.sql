-- Accounts, their API keys and mailer ids: directory tables, so they are read without an account in hand.

-- name: account_insert
-- A new account.
-- in: account_id int, parent_id int, username text, first_name text, last_name text, email_address text, company text, phone text
-- in: address_street text, address_city text, address_state text, address_zip text, created_at int
INSERT INTO account (account_id, parent_id, username, first_name, last_name, email_address, company, phone, address_street, address_city,
 address_state, address_zip, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: account_by_username
-- Is the user name taken by an account that is alive?
-- in: username text
-- out: account_id int
SELECT account_id FROM account WHERE username = $1 AND deleted_at IS NULL;

-- name: account_find
-- One account that is alive, with its mailer id.
-- in: account_id int
-- out: account_id int, parent_id int, username text, first_name text, last_name text, email_address text, company text, phone text
-- out: address_street text, address_city text, address_state text, address_zip text, created_at int, mid int, settings text
SELECT account_id, parent_id, username, first_name, last_name, email_address, company, phone, address_street, address_city, address_state,
 address_zip, created_at, (SELECT min(m.mid) FROM mailer_id m WHERE m.account_id = account.account_id) AS mid,
 settings FROM account WHERE account_id = $1 AND deleted_at IS NULL;

-- name: account_alive
-- Every account that is alive, for the operator and the directory in memory.
-- out: as account_find
SELECT account_id, parent_id, username, first_name, last_name, email_address, company, phone, address_street, address_city, address_state,
 address_zip, created_at, (SELECT min(m.mid) FROM mailer_id m WHERE m.account_id = account.account_id) AS mid,
 settings FROM account WHERE deleted_at IS NULL ORDER BY account_id;

-- name: account_children
-- The sub-accounts of an account, oldest first.
-- in: parent_id int
-- out: as account_find
SELECT account_id, parent_id, username, first_name, last_name, email_address, company, phone, address_street, address_city, address_state,
 address_zip, created_at, (SELECT min(m.mid) FROM mailer_id m WHERE m.account_id = account.account_id) AS mid,
 settings FROM account WHERE parent_id = $1 AND deleted_at IS NULL ORDER BY account_id;

-- name: account_put
-- All that its owner may change.
-- in: account_id int, username text, first_name text, last_name text, email_address text, company text, phone text, address_street text
-- in: address_city text, address_state text, address_zip text
UPDATE account SET username = $2, first_name = $3, last_name = $4, email_address = $5, company = $6, phone = $7, address_street = $8,
 address_city = $9, address_state = $10, address_zip = $11 WHERE account_id = $1 AND deleted_at IS NULL;

-- name: account_settings
-- What the operator allows this account.
-- in: account_id int, settings text
UPDATE account SET settings = $2 WHERE account_id = $1 AND deleted_at IS NULL;

-- name: account_delete
-- The account is gone for everybody; its rows stay.
-- in: account_id int, deleted_at int
UPDATE account SET deleted_at = $2 WHERE account_id = $1 AND deleted_at IS NULL;

-- name: account_connections
-- What an account is connected with.
-- in: account_id int
-- out: label text, state int
SELECT label, state FROM connection WHERE account_id = $1 ORDER BY connection_id;

-- name: api_key_insert
-- A key by its digest; the key itself is stored nowhere.
-- in: key_digest blob, account_id int, label text, hint text, created_at int
INSERT INTO api_key (key_digest, account_id, label, hint, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: api_key_alive
-- Every key that opens an account which is alive.
-- out: key_digest blob, account_id int, hint text
SELECT k.key_digest, k.account_id, k.hint FROM api_key k JOIN account a ON a.account_id = k.account_id
 WHERE k.revoked_at IS NULL AND a.deleted_at IS NULL;

-- name: api_key_of_hint
-- Keys of an account that end in these characters.
-- in: account_id int, hint text
-- out: key_digest blob
SELECT key_digest FROM api_key WHERE account_id = $1 AND hint = $2 AND revoked_at IS NULL;

-- name: api_key_revoke
-- The key opens nothing from now on.
-- in: key_digest blob, revoked_at int
UPDATE api_key SET revoked_at = $2 WHERE key_digest = $1 AND revoked_at IS NULL;

-- name: mailer_id_find
-- Whose mailer id is it?
-- in: mid int
-- out: account_id int
SELECT account_id FROM mailer_id WHERE mid = $1;

-- name: mailer_id_insert
-- A mailer id belongs to one account.
-- in: mid int, account_id int
INSERT INTO mailer_id (mid, account_id) VALUES ($1, $2);

-- name: serial_pool_insert
-- The serials of a mailer id: the live pool under its number, the test pool under the negative number.
-- in: account_id int, mid int, size int, next_serial int
INSERT INTO serial_pool (account_id, mid, size, next_serial) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, mid) DO NOTHING;

-- name: api_key_revoke_all
-- No key of the account opens anything from now on.
-- in: account_id int, revoked_at int
UPDATE api_key SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL;

-- ---- who logs in by name and password ----

-- name: login_insert
-- A name to log in with.
-- in: username text, account_id int, user_id int
INSERT INTO login (username, account_id, user_id) VALUES ($1, $2, $3);

-- name: login_of_account
-- The names that open an account.
-- in: account_id int
-- out: username text, user_id int
SELECT username, user_id FROM login WHERE account_id = $1 ORDER BY user_id;

-- name: login_remove_all
-- Nobody logs in to the account any more.
-- in: account_id int
DELETE FROM login WHERE account_id = $1;

-- name: user_insert
-- Who logs in, and what proves it.
-- in: account_id int, user_id int, email text, name text, role int, password_hash text, created_at int
INSERT INTO app_user (account_id, user_id, email, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: user_password
-- A new password.
-- in: account_id int, user_id int, password_hash text
UPDATE app_user SET password_hash = $3, failed_count = 0, locked_until = 0 WHERE account_id = $1 AND user_id = $2;

-- name: user_remove_all
-- Nobody's password is kept longer than his account.
-- in: account_id int
DELETE FROM app_user WHERE account_id = $1;

-- ---- sessions and login links ----

-- name: session_insert
-- A browser that is logged in (kind 1), or a link that logs one in (kind 2); the token itself is stored nowhere.
-- in: token_digest blob, account_id int, user_id int, kind int, target text, expires_at int
INSERT INTO session (token_digest, account_id, user_id, kind, target, expires_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: session_use_link
-- A login link is good for one browser.
-- in: token_digest blob, now int
-- out: account_id int, target text
DELETE FROM session WHERE token_digest = $1 AND kind = 2 AND expires_at > $2 RETURNING account_id, target;

-- name: session_alive
-- Browsers that are logged in.
-- in: now int
-- out: token_digest blob, account_id int, expires_at int
SELECT s.token_digest, s.account_id, s.expires_at FROM session s JOIN account a ON a.account_id = s.account_id
 WHERE s.kind = 1 AND s.expires_at > $1 AND a.deleted_at IS NULL;

-- name: session_remove_all
-- Nobody is logged in to the account any more.
-- in: account_id int
DELETE FROM session WHERE account_id = $1;

-- name: session_oldest
-- When the next session or link is over.
-- out: expires_at int
SELECT expires_at FROM session ORDER BY expires_at LIMIT 1;

-- name: session_trim
-- Sessions and links that are over, oldest first.
-- in: before int, n int
DELETE FROM session WHERE token_digest IN (SELECT token_digest FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2);

-- ---- answers kept for an Idempotency-Key ----

-- name: idempotency_find
-- What a key was answered with.
-- in: account_id int, key_digest blob, now int
-- out: request_digest blob, status int, answer text
SELECT request_digest, status, answer FROM idempotency WHERE account_id = $1 AND key_digest = $2 AND expires_at > $3;

-- name: idempotency_put
-- Kept with what the request made, in its transaction; an answer that is over makes room.
-- in: account_id int, key_digest blob, request_digest blob, status int, answer text, expires_at int
INSERT INTO idempotency (account_id, key_digest, request_digest, status, answer, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (account_id, key_digest) DO UPDATE SET request_digest = excluded.request_digest, status = excluded.status,
 answer = excluded.answer, expires_at = excluded.expires_at;

-- name: idempotency_oldest
-- across accounts: the house forgets everybody's
-- When the next answer is over.
-- out: expires_at int
SELECT expires_at FROM idempotency ORDER BY expires_at LIMIT 1;

-- name: idempotency_trim
-- across accounts: the house forgets everybody's
-- Answers that are over, oldest first.
-- in: before int, n int
DELETE FROM idempotency WHERE (account_id, key_digest) IN (SELECT account_id, key_digest FROM idempotency WHERE expires_at < $1
 ORDER BY expires_at LIMIT $2);

-- ---- connections: authorizations at other systems ----

-- name: connection_find
-- One that was not removed.
-- in: account_id int, connection_id int
-- out: connection_id int, kind int, label text, description text, settings text, sealed blob, version int, status text, updated_at int
-- out: saved_version int, tried_at int, tried_works int, tried_status int, tried_sentence text
SELECT connection_id, kind, label, description, settings, sealed, version, status, updated_at, saved_version, tried_at, tried_works, tried_status,
 tried_sentence FROM connection
 WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: connection_every
-- All of an account, by number.
-- in: account_id int
-- out: as connection_find
SELECT connection_id, kind, label, description, settings, sealed, version, status, updated_at, saved_version, tried_at, tried_works, tried_status,
 tried_sentence FROM connection
 WHERE account_id = $1 AND state = 0 ORDER BY connection_id;

-- name: connection_insert
-- A new one.
-- in: account_id int, connection_id int, kind int, label text, description text, settings text, sealed blob, updated_at int
INSERT INTO connection (account_id, connection_id, kind, label, description, state, settings, sealed, version, updated_at)
 VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 1, $8);

-- name: connection_update
-- All that its owner may change.
-- in: account_id int, connection_id int, label text, description text, settings text, sealed blob, updated_at int, saved_version int
UPDATE connection SET label = $3, description = $4, settings = $5, sealed = coalesce($6, sealed), updated_at = $7, version = version + 1,
 tried_at = CASE WHEN saved_version = $8 THEN tried_at END, tried_sentence = CASE WHEN saved_version = $8 THEN tried_sentence END, saved_version = $8
 WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: connection_renew
-- Secrets that were renewed from those that are there.
-- in: account_id int, connection_id int, sealed blob, updated_at int
UPDATE connection SET sealed = $3, updated_at = $4, version = version + 1
 WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: connection_note
-- What its connector learnt.
-- in: account_id int, connection_id int, status text
UPDATE connection SET status = $3 WHERE account_id = $1 AND connection_id = $2;

-- name: connection_tried
-- What came of a trial, if what was tried ($3) is there still; no new version.
-- in: account_id int, connection_id int, saved_version int, tried_at int, tried_works int, tried_status int, tried_sentence text
UPDATE connection SET tried_at = $4, tried_works = $5, tried_status = $6, tried_sentence = $7
 WHERE account_id = $1 AND connection_id = $2 AND saved_version = $3 AND state = 0;

-- name: connection_remove
-- Nobody uses it any more.
-- in: account_id int, connection_id int, updated_at int
UPDATE connection SET state = 1, sealed = NULL, hook_digest = NULL, hook_sealed = NULL, tried_sentence = NULL, updated_at = $3, version = version + 1
 WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: connection_remove_all
-- The account is being deleted.
-- in: account_id int, updated_at int
UPDATE connection SET state = 1, sealed = NULL, hook_digest = NULL, hook_sealed = NULL, tried_sentence = NULL, updated_at = $2, version = version + 1 WHERE account_id = $1 AND state = 0;
