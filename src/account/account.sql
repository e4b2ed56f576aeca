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
-- out: address_street text, address_city text, address_state text, address_zip text, created_at int, mid int
SELECT account_id, parent_id, username, first_name, last_name, email_address, company, phone, address_street, address_city, address_state,
 address_zip, created_at, (SELECT min(m.mid) FROM mailer_id m WHERE m.account_id = account.account_id) AS mid
 FROM account WHERE account_id = $1 AND deleted_at IS NULL;

-- name: account_alive
-- Every account that is alive, for the operator and the directory in memory.
-- out: as account_find
SELECT account_id, parent_id, username, first_name, last_name, email_address, company, phone, address_street, address_city, address_state,
 address_zip, created_at, (SELECT min(m.mid) FROM mailer_id m WHERE m.account_id = account.account_id) AS mid
 FROM account WHERE deleted_at IS NULL ORDER BY account_id;

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
