-- What connectors know of the other side's things.

-- name: remote_contact_find
-- The contact's number there, when it was found before.
-- in: account_id int, connection_id int, contact_id int
-- out: remote_id text
SELECT remote_id FROM remote_contact WHERE account_id = $1 AND connection_id = $2 AND contact_id = $3;

-- name: remote_contact_put
-- It was found.
-- in: account_id int, connection_id int, contact_id int, remote_id text
INSERT INTO remote_contact (account_id, connection_id, contact_id, remote_id) VALUES ($1, $2, $3, $4)
 ON CONFLICT (account_id, connection_id, contact_id) DO UPDATE SET remote_id = excluded.remote_id;

-- name: remote_contact_forget
-- It is gone there.
-- in: account_id int, connection_id int, contact_id int
DELETE FROM remote_contact WHERE account_id = $1 AND connection_id = $2 AND contact_id = $3;
