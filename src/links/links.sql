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

-- name: remote_contact_forget_all
-- The connection is gone.
-- in: account_id int, connection_id int
DELETE FROM remote_contact WHERE account_id = $1 AND connection_id = $2;

-- ---- requests that came in ----

-- name: hook_digest_put
-- Its token from now on, by its digest (NULL: none).
-- in: account_id int, connection_id int, digest blob, updated_at int
UPDATE connection SET hook_digest = $3, updated_at = $4 WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: hook_digest_find
-- The token's digest of a connection that was not removed.
-- in: account_id int, connection_id int
-- out: kind int, hook_digest blob
SELECT kind, hook_digest FROM connection WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: hook_state
-- What its owner sees of it.
-- in: account_id int, connection_id int
-- out: has_token int, hook_refused_at int, hook_refused text
SELECT CASE WHEN hook_digest IS NULL THEN 0 ELSE 1 END AS has_token, hook_refused_at, hook_refused FROM connection
 WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: hook_note
-- The last request that was refused.
-- in: account_id int, connection_id int, hook_refused_at int, hook_refused text
UPDATE connection SET hook_refused_at = $3, hook_refused = $4 WHERE account_id = $1 AND connection_id = $2;

-- name: hook_seen_find
-- When a request was last had.
-- in: account_id int, connection_id int, repeat_id text
-- out: seen_at int
SELECT seen_at FROM hook_seen WHERE account_id = $1 AND connection_id = $2 AND repeat_id = $3;

-- name: hook_seen_put
-- It is had now.
-- in: account_id int, connection_id int, repeat_id text, seen_at int
INSERT INTO hook_seen (account_id, connection_id, repeat_id, seen_at) VALUES ($1, $2, $3, $4)
 ON CONFLICT (account_id, connection_id, repeat_id) DO UPDATE SET seen_at = excluded.seen_at;

-- name: hook_seen_trim
-- What is too old to come again, a few at a time.
-- in: account_id int, connection_id int, before int, n int
DELETE FROM hook_seen WHERE account_id = $1 AND connection_id = $2 AND repeat_id IN
 (SELECT repeat_id FROM hook_seen WHERE account_id = $1 AND connection_id = $2 AND seen_at < $3 ORDER BY seen_at LIMIT $4);

-- name: hook_forget
-- The connection is gone.
-- in: account_id int, connection_id int
DELETE FROM hook_seen WHERE account_id = $1 AND connection_id = $2;
