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

-- name: action_log_insert
-- What came of an action.
-- in: account_id int, action_id int, connection_id int, subject text, endpoint text, outcome int, http_status int, tries int, took_ms int
INSERT INTO action_log (account_id, action_id, connection_id, subject, endpoint, outcome, http_status, tries, took_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: action_log_trim
-- What is too old goes.
-- in: account_id int, action_id int
DELETE FROM action_log WHERE account_id = $1 AND action_id < $2;

-- name: action_log_page
-- The account's actions before a number, newest first.
-- in: account_id int, action_id int, n int
-- out: action_id int, connection_id int, subject text, endpoint text, outcome int, http_status int, tries int, took_ms int
SELECT action_id, connection_id, subject, endpoint, outcome, http_status, tries, took_ms FROM action_log WHERE account_id = $1 AND action_id < $2
 ORDER BY action_id DESC LIMIT $3;

-- ---- watching a connection (postalytics_watch.c) ----

-- name: mirror_due
-- Connections of a kind whose turn it is, and those that were never asked (due_at NULL).
-- across accounts: the scheduler looks for work of everybody
-- in: kind int, now int, n int
-- out: account_id int, connection_id int, due_at int
SELECT c.account_id, c.connection_id, m.due_at FROM connection c LEFT JOIN mirror m ON m.account_id = c.account_id AND m.connection_id = c.connection_id
 WHERE c.kind = $1 AND c.state = 0 AND c.account_id > 0 AND (m.due_at IS NULL OR m.lease_until < $2) ORDER BY m.due_at LIMIT $3;

-- name: mirror_begin
-- It is watched from now on.
-- in: account_id int, connection_id int, since int, due_at int
INSERT INTO mirror (account_id, connection_id, since, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, connection_id) DO NOTHING;

-- name: mirror_claim
-- This node asks it now.
-- in: account_id int, connection_id int, lease_node int, lease_until int, now int
-- out: since int, attempt int
UPDATE mirror SET lease_node = $3, lease_until = $4, attempt = attempt + 1 WHERE account_id = $1 AND connection_id = $2 AND lease_until < $5 AND due_at <= $5
 RETURNING since, attempt;

-- name: mirror_end
-- What came of it, and when it is asked again.
-- in: account_id int, connection_id int, lease_node int, due_at int, attempt int, last_error text
UPDATE mirror SET due_at = $4, attempt = $5, last_error = $6, lease_until = 0 WHERE account_id = $1 AND connection_id = $2 AND lease_node = $3;

-- name: mirror_find
-- How watching a connection goes.
-- in: account_id int, connection_id int
-- out: since int, due_at int, attempt int, last_error text
SELECT since, due_at, attempt, last_error FROM mirror WHERE account_id = $1 AND connection_id = $2;

-- name: mirror_drop_put
-- A drop as it is there.
-- in: account_id int, connection_id int, drop_id int, name text, endpoint text, seen_at int
INSERT INTO mirror_drop (account_id, connection_id, drop_id, name, endpoint, seen_at) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (account_id, connection_id, drop_id) DO UPDATE SET name = excluded.name, endpoint = excluded.endpoint, seen_at = excluded.seen_at;

-- name: mirror_drop_find
-- A drop as it was seen last.
-- in: account_id int, connection_id int, drop_id int
-- out: name text, endpoint text, seen_at int
SELECT name, endpoint, seen_at FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3;

-- name: mirror_drop_page
-- The connection's drops, newest first.
-- in: account_id int, connection_id int, n int
-- out: drop_id int, name text, endpoint text, seen_at int
SELECT drop_id, name, endpoint, seen_at FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 ORDER BY drop_id DESC LIMIT $3;

-- name: mirror_event_note
-- It is told of: whoever comes second changes nothing.
-- in: account_id int, connection_id int, repeat_id text, event_id int
INSERT INTO mirror_event (account_id, connection_id, repeat_id, event_id) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, connection_id, repeat_id) DO NOTHING;

-- name: mirror_event_trim
-- Those that are too old to be told.
-- in: account_id int, connection_id int, event_id int
DELETE FROM mirror_event WHERE account_id = $1 AND connection_id = $2 AND event_id < $3;

-- name: remote_piece_by_remote
-- Our piece that is a contact of theirs.
-- in: account_id int, connection_id int, remote_id text
-- out: piece_id int
SELECT piece_id FROM remote_piece WHERE account_id = $1 AND connection_id = $2 AND remote_id = $3 ORDER BY piece_id DESC LIMIT 1;

-- name: remote_piece_by_piece
-- Whether a piece was sent through a connection.
-- in: account_id int, connection_id int, piece_id int
-- out: state int
SELECT state FROM remote_piece WHERE account_id = $1 AND connection_id = $2 AND piece_id = $3;

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
