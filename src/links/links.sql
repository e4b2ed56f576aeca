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

-- ---- a field for each drop ----

-- name: remote_field_find
-- How far the field of a drop is on an object there.
-- in: account_id int, connection_id int, drop_id int, object text
-- out: remote_name text, state int, status text, checked_at int, due_at int, attempt int
SELECT remote_name, state, status, checked_at, due_at, attempt FROM remote_field
 WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3 AND object = $4;

-- name: remote_field_put
-- It is wanted.
-- in: account_id int, connection_id int, drop_id int, object text, remote_name text, state int, due_at int
INSERT INTO remote_field (account_id, connection_id, drop_id, object, remote_name, state, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
 ON CONFLICT (account_id, connection_id, drop_id, object) DO NOTHING;

-- name: remote_field_again
-- It is looked at again now.
-- in: account_id int, connection_id int, drop_id int, object text, state int, due_at int
UPDATE remote_field SET state = $5, due_at = $6 WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3 AND object = $4;

-- name: remote_field_all_again
-- Those of a connection that are not ready: it was saved.
-- in: account_id int, connection_id int, ready int, due_at int
UPDATE remote_field SET due_at = $4, attempt = 0 WHERE account_id = $1 AND connection_id = $2 AND state <> $3;

-- name: remote_field_due
-- across accounts: the scheduler looks for work of everybody
-- Fields to be made or looked at.
-- in: now int, n int
-- out: account_id int, connection_id int, drop_id int, due_at int
SELECT account_id, connection_id, drop_id, due_at FROM remote_field WHERE due_at IS NOT NULL AND lease_until < $1 ORDER BY due_at LIMIT $2;

-- name: remote_field_wanted
-- across accounts: the scheduler looks for work of everybody
-- Drops that are told of to a connection of a kind where they have no field yet.
-- in: link int, n int
-- out: account_id int, connection_id int, drop_id int
SELECT s.account_id, d.connection_id, s.source_id FROM destination d JOIN subscription s ON s.account_id = d.account_id AND s.destination_id = d.destination_id
 WHERE d.link = $1 AND d.connection_id IS NOT NULL AND s.source = 1 AND s.source_id > 0 AND s.is_enabled = 1 AND NOT EXISTS (SELECT 1 FROM remote_field f
 WHERE f.account_id = s.account_id AND f.connection_id = d.connection_id AND f.drop_id = s.source_id) LIMIT $2;

-- name: remote_field_claim
-- Takes it for a while.
-- in: account_id int, connection_id int, drop_id int, object text, node int, until int, now int
-- out: attempt int, state int, remote_name text
UPDATE remote_field SET lease_node = $5, lease_until = $6 WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3 AND object = $4
 AND due_at IS NOT NULL AND due_at <= $7 AND lease_until < $7 RETURNING attempt, state, remote_name;

-- name: remote_field_free
-- After a crash: what this node held is nobody's.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE remote_field SET lease_node = NULL, lease_until = 0 WHERE due_at IS NOT NULL AND lease_node = $1;

-- name: remote_field_done
-- What came of it.
-- in: account_id int, connection_id int, drop_id int, object text, state int, status text, checked_at int, due_at int, attempt int, node int
UPDATE remote_field SET state = $5, status = $6, checked_at = $7, due_at = $8, attempt = $9, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3 AND object = $4 AND lease_node = $10;

-- name: remote_field_objects
-- Objects whose field of a drop is to be made or looked at.
-- in: account_id int, connection_id int, drop_id int
-- out: object text
SELECT object FROM remote_field WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3 AND due_at IS NOT NULL ORDER BY object;

-- name: remote_field_rest
-- It is not looked at any more.
-- in: account_id int, connection_id int, drop_id int, object text
UPDATE remote_field SET due_at = NULL WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3 AND object = $4;

-- name: remote_value_find
-- What the field of a record holds.
-- in: account_id int, connection_id int, drop_id int, remote_id text
-- out: piece_id int, code int, happened_at int
SELECT piece_id, code, happened_at FROM remote_value WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3 AND remote_id = $4;

-- name: remote_value_put
-- What it holds from now on.
-- in: account_id int, connection_id int, drop_id int, remote_id text, piece_id int, code int, happened_at int
INSERT INTO remote_value (account_id, connection_id, drop_id, remote_id, piece_id, code, happened_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
 ON CONFLICT (account_id, connection_id, drop_id, remote_id) DO UPDATE SET piece_id = excluded.piece_id, code = excluded.code, happened_at = excluded.happened_at;

-- ---- imports from a connection ----

-- name: remote_import_insert
-- A new one.
-- in: account_id int, import_id int, connection_id int, contact_list_id int, wish text, state int, started_at int, due_at int
INSERT INTO remote_import (account_id, import_id, connection_id, contact_list_id, wish, state, started_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: remote_import_find
-- One of them.
-- in: account_id int, import_id int
-- out: import_id int, connection_id int, contact_list_id int, wish text, state int, n_rows int, n_all int, at_byte int, place text, intake_id int
-- out: last_error text, started_at int, attempt int, restarts int
SELECT import_id, connection_id, contact_list_id, wish, state, n_rows, n_all, at_byte, place, intake_id, last_error, started_at, attempt, restarts
 FROM remote_import WHERE account_id = $1 AND import_id = $2;

-- name: remote_import_page
-- A connection's, newest first.
-- in: account_id int, connection_id int, n int
-- out: as remote_import_find
SELECT import_id, connection_id, contact_list_id, wish, state, n_rows, n_all, at_byte, place, intake_id, last_error, started_at, attempt, restarts
 FROM remote_import WHERE account_id = $1 AND connection_id = $2 ORDER BY import_id DESC LIMIT $3;

-- name: remote_import_of_list
-- The last one into a list.
-- in: account_id int, connection_id int, contact_list_id int
-- out: wish text, state int
SELECT wish, state FROM remote_import WHERE account_id = $1 AND connection_id = $2 AND contact_list_id = $3 ORDER BY import_id DESC LIMIT 1;

-- name: remote_import_due
-- across accounts: the scheduler looks for work of everybody
-- Imports to go on with.
-- in: now int, n int
-- out: account_id int, import_id int, due_at int
SELECT account_id, import_id, due_at FROM remote_import WHERE due_at IS NOT NULL AND lease_until < $1 ORDER BY due_at LIMIT $2;

-- name: remote_import_unfinished
-- across accounts: their files lie in one folder
-- Imports whose file is still needed.
-- out: import_id int
SELECT import_id FROM remote_import WHERE due_at IS NOT NULL;

-- name: remote_import_claim
-- Takes it, or keeps it.
-- in: account_id int, import_id int, node int, until int, now int
UPDATE remote_import SET lease_node = $3, lease_until = $4 WHERE account_id = $1 AND import_id = $2 AND due_at IS NOT NULL
 AND (lease_until < $5 OR lease_node = $3);

-- name: remote_import_move
-- How far it is.
-- in: account_id int, import_id int, state int, n_rows int, n_all int, at_byte int, place text, last_error text, due_at int, attempt int, restarts int
UPDATE remote_import SET state = $3, n_rows = $4, n_all = $5, at_byte = $6, place = $7, last_error = $8, due_at = $9, attempt = $10, restarts = $11
 WHERE account_id = $1 AND import_id = $2;

-- name: remote_import_free
-- After a crash: what this node held is nobody's.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE remote_import SET lease_node = NULL, lease_until = 0 WHERE due_at IS NOT NULL AND lease_node = $1;

-- name: remote_import_rest
-- Somebody else may take it.
-- in: account_id int, import_id int
UPDATE remote_import SET lease_node = NULL, lease_until = 0 WHERE account_id = $1 AND import_id = $2;

-- name: remote_import_handed
-- Its file is an intake from now on.
-- in: account_id int, import_id int, state int, intake_id int
UPDATE remote_import SET state = $3, intake_id = $4, due_at = NULL, last_error = NULL, lease_node = NULL, lease_until = 0
 WHERE account_id = $1 AND import_id = $2;

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
 WHERE c.kind = $1 AND c.state = 0 AND c.account_id > 0 AND (m.due_at IS NULL OR m.lease_until < $2) ORDER BY coalesce(m.due_at, 0) LIMIT $3;

-- name: mirror_begin
-- It is watched from now on.
-- in: account_id int, connection_id int, since int, due_at int
INSERT INTO mirror (account_id, connection_id, since, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, connection_id) DO NOTHING;

-- name: mirror_claim
-- This node asks it now.
-- in: account_id int, connection_id int, lease_node int, lease_until int, now int
-- out: since int, attempt int, contacts_at int
UPDATE mirror SET lease_node = $3, lease_until = $4, attempt = attempt + 1 WHERE account_id = $1 AND connection_id = $2 AND lease_until < $5 AND due_at <= $5
 RETURNING since, attempt, contacts_at;

-- name: mirror_free
-- After a crash: what this node held is nobody's.
-- across accounts: a node frees all it held
-- in: lease_node int
UPDATE mirror SET lease_until = 0 WHERE lease_node = $1;

-- name: mirror_end
-- What came of it, and when it is asked again.
-- in: account_id int, connection_id int, lease_node int, due_at int, attempt int, last_error text
UPDATE mirror SET due_at = $4, attempt = $5, last_error = $6, lease_until = 0 WHERE account_id = $1 AND connection_id = $2 AND lease_node = $3;

-- name: mirror_find
-- Since when it is watched.
-- in: account_id int, connection_id int
-- out: since int
SELECT since FROM mirror WHERE account_id = $1 AND connection_id = $2;

-- name: mirror_renew
-- Its turn is longer than a lease.
-- in: account_id int, connection_id int, lease_node int, lease_until int
UPDATE mirror SET lease_until = $4 WHERE account_id = $1 AND connection_id = $2 AND lease_node = $3;

-- name: mirror_again
-- It was saved: it is asked at once, for contacts too; a turn that is under way with what it was before is of no account any more.
-- in: account_id int, connection_id int, due_at int
UPDATE mirror SET due_at = $3, contacts_at = NULL, lease_node = NULL, lease_until = 0 WHERE account_id = $1 AND connection_id = $2;

-- name: mirror_contacts_next
-- When its lists are read again.
-- in: account_id int, connection_id int, contacts_at int, lease_node int
UPDATE mirror SET contacts_at = $3 WHERE account_id = $1 AND connection_id = $2 AND lease_node = $4;

-- name: mirror_drop_find
-- One of its drops.
-- in: account_id int, connection_id int, drop_id int
-- out: drop_id int, name text, endpoint text, seen_at int, hook_id int
SELECT drop_id, name, endpoint, seen_at, hook_id FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3;

-- name: mirror_drop_hooked
-- Its drops whose events are posted here by our webhook.
-- in: account_id int, connection_id int
-- out: drop_id int, hook_id int
SELECT drop_id, hook_id FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 AND hook_id IS NOT NULL ORDER BY drop_id;

-- name: mirror_drop_hook
-- Our webhook of a drop there (NULL: none).
-- in: account_id int, connection_id int, drop_id int, hook_id int
UPDATE mirror_drop SET hook_id = $4 WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3;

-- name: mirror_drop_put
-- A drop as it is there.
-- in: account_id int, connection_id int, drop_id int, name text, endpoint text, seen_at int
INSERT INTO mirror_drop (account_id, connection_id, drop_id, name, endpoint, seen_at) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (account_id, connection_id, drop_id) DO UPDATE SET name = excluded.name, endpoint = excluded.endpoint, seen_at = excluded.seen_at;

-- name: mirror_drop_page
-- The connection's drops, newest first.
-- in: account_id int, connection_id int, n int
-- out: as mirror_drop_find
SELECT drop_id, name, endpoint, seen_at, hook_id FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 ORDER BY drop_id DESC LIMIT $3;

-- name: mirror_event_note
-- It is told of: whoever comes second changes nothing.
-- in: account_id int, connection_id int, repeat_id text, event_id int, is_seen int
INSERT INTO mirror_event (account_id, connection_id, repeat_id, event_id, is_seen) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, connection_id, repeat_id) DO NOTHING;

-- name: mirror_event_find
-- Is it told already?
-- in: account_id int, connection_id int, repeat_id text
-- out: is_seen int
SELECT is_seen FROM mirror_event WHERE account_id = $1 AND connection_id = $2 AND repeat_id = $3;

-- name: mirror_event_see
-- A look has come to it; it had been told by what was posted.
-- in: account_id int, connection_id int, repeat_id text
UPDATE mirror_event SET is_seen = 1 WHERE account_id = $1 AND connection_id = $2 AND repeat_id = $3;

-- name: mirror_drop_partial
-- The page of a drop's events at which the last look ended or broke off; 0: it has read all.
-- in: account_id int, connection_id int, drop_id int
-- out: read_on int
SELECT is_partial AS read_on FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3;

-- name: mirror_drop_mark
-- Where a look is. The column is a SMALLINT, and was a flag: 1 reads all pages, as that meant.
-- in: account_id int, connection_id int, drop_id int, read_on int
UPDATE mirror_drop SET is_partial = $4 WHERE account_id = $1 AND connection_id = $2 AND drop_id = $3;

-- name: mirror_event_trim
-- Those that are too old to be told.
-- in: account_id int, connection_id int, event_id int
DELETE FROM mirror_event WHERE account_id = $1 AND connection_id = $2 AND event_id < $3;

-- ---- what a watched connection posts here (postalytics_post.c) ----

-- name: mirror_post_put
-- It is answered for when this is durable.
-- in: account_id int, connection_id int, post_id int, due_at int, body text
INSERT INTO mirror_post (account_id, connection_id, post_id, due_at, body) VALUES ($1, $2, $3, $4, $5);

-- name: mirror_post_count
-- How many wait.
-- in: account_id int, connection_id int
-- out: n int
SELECT count(*) AS n FROM mirror_post WHERE account_id = $1 AND connection_id = $2;

-- name: mirror_post_due
-- across accounts: the scheduler looks for work of everybody
-- Connections with something that waits, and when the first of it is due.
-- in: n int
-- out: account_id int, connection_id int, due_at int
SELECT account_id, connection_id, min(due_at) AS due_at FROM mirror_post GROUP BY account_id, connection_id ORDER BY min(due_at) LIMIT $1;

-- name: mirror_post_claim
-- All that is due, for whoever comes first; by the time that it is his it is known.
-- in: account_id int, connection_id int, now int, until int
UPDATE mirror_post SET due_at = $4, attempt = attempt + 1 WHERE account_id = $1 AND connection_id = $2 AND due_at <= $3;

-- name: mirror_post_page
-- What is his, in the order in which it came.
-- in: account_id int, connection_id int, until int, n int
-- out: post_id int, attempt int, body text
SELECT post_id, attempt, body FROM mirror_post WHERE account_id = $1 AND connection_id = $2 AND due_at = $3 ORDER BY post_id LIMIT $4;

-- name: mirror_post_later
-- All of it later.
-- in: account_id int, connection_id int, until int, due_at int
UPDATE mirror_post SET due_at = $4 WHERE account_id = $1 AND connection_id = $2 AND due_at = $3;

-- name: mirror_post_remove
-- It is told, in the unit that told it.
-- in: account_id int, connection_id int, post_id int
DELETE FROM mirror_post WHERE account_id = $1 AND connection_id = $2 AND post_id = $3;

-- ---- contacts of a watched connection (postalytics_contacts.c) ----

-- name: mirror_list_find
-- The list here that follows one there, while it is there.
-- in: account_id int, connection_id int, remote_list_id int
-- out: remote_list_id int, contact_list_id int, name text, n_contacts int, digest blob, intake_id int, seen_at int
SELECT m.remote_list_id, m.contact_list_id, m.name, m.n_contacts, m.digest, m.intake_id, m.seen_at FROM mirror_list m
 JOIN contact_list l ON l.account_id = $1 AND l.contact_list_id = m.contact_list_id AND l.deleted_at IS NULL
 WHERE m.account_id = $1 AND m.connection_id = $2 AND m.remote_list_id = $3;

-- name: mirror_list_page
-- All of a connection.
-- in: account_id int, connection_id int, n int
-- out: as mirror_list_find
SELECT m.remote_list_id, m.contact_list_id, m.name, m.n_contacts, m.digest, m.intake_id, m.seen_at FROM mirror_list m
 JOIN contact_list l ON l.account_id = $1 AND l.contact_list_id = m.contact_list_id AND l.deleted_at IS NULL
 WHERE m.account_id = $1 AND m.connection_id = $2 ORDER BY m.remote_list_id LIMIT $3;

-- name: mirror_list_put
-- As it is there.
-- in: account_id int, connection_id int, remote_list_id int, contact_list_id int, name text, n_contacts int, digest blob, intake_id int, seen_at int
INSERT INTO mirror_list (account_id, connection_id, remote_list_id, contact_list_id, name, n_contacts, digest, intake_id, seen_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account_id, connection_id, remote_list_id) DO UPDATE SET contact_list_id = excluded.contact_list_id,
 name = excluded.name, n_contacts = excluded.n_contacts, digest = excluded.digest, intake_id = excluded.intake_id, seen_at = excluded.seen_at;

-- name: mirror_list_contact
-- A contact there, by its number, as it is in one of the lists here.
-- in: account_id int, connection_id int, source_key text
-- out: contact_id int
SELECT c.contact_id FROM mirror_list m JOIN contact c ON c.account_id = $1 AND c.contact_list_id = m.contact_list_id AND c.source_key = $3
 WHERE m.account_id = $1 AND m.connection_id = $2 ORDER BY m.remote_list_id LIMIT 1;

-- name: remote_piece_by_remote
-- Our piece that is a contact of theirs.
-- in: account_id int, connection_id int, remote_id text
-- out: piece_id int
SELECT piece_id FROM remote_piece WHERE account_id = $1 AND connection_id = $2 AND remote_id = $3 ORDER BY piece_id DESC LIMIT 1;

-- name: remote_piece_by_piece
-- Whether a piece was sent through a connection, and its number there was never heard.
-- in: account_id int, connection_id int, piece_id int
-- out: state int
SELECT state FROM remote_piece WHERE account_id = $1 AND connection_id = $2 AND piece_id = $3 AND remote_id IS NULL;

-- ---- requests that came in ----

-- name: hook_digest_put
-- Its token from now on, by its digest (NULL: none).
-- in: account_id int, connection_id int, digest blob, updated_at int, sealed blob
UPDATE connection SET hook_digest = $3, updated_at = $4, hook_sealed = $5 WHERE account_id = $1 AND connection_id = $2 AND state = 0;

-- name: hook_sealed_find
-- The token itself, where it is kept.
-- in: account_id int, connection_id int
-- out: hook_sealed blob
SELECT hook_sealed FROM connection WHERE account_id = $1 AND connection_id = $2 AND state = 0 AND hook_sealed IS NOT NULL;

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

-- ---- connections that are gone (connection_end.c, connection_clear.c) ----

-- name: drop_printer_clear
-- The account's printer prints its drops again.
-- in: account_id int, connection_id int
DELETE FROM drop_printer WHERE account_id = $1 AND connection_id = $2;

-- name: mirror_clear
-- It is asked no more.
-- in: account_id int, connection_id int
DELETE FROM mirror WHERE account_id = $1 AND connection_id = $2;

-- name: remote_import_stop
-- Imports that are under way: whoever reads one finds it gone, and its file goes.
-- in: account_id int, connection_id int
DELETE FROM remote_import WHERE account_id = $1 AND connection_id = $2 AND due_at IS NOT NULL;

-- name: remote_import_stop_all
-- Of an account that is gone.
-- in: account_id int
DELETE FROM remote_import WHERE account_id = $1 AND due_at IS NOT NULL;

-- name: drop_printer_clear_all
-- Of an account that is gone.
-- in: account_id int
DELETE FROM drop_printer WHERE account_id = $1;

-- name: mirror_clear_all
-- Of an account that is gone.
-- in: account_id int
DELETE FROM mirror WHERE account_id = $1;

-- name: connection_gone_put
-- What it has left is to be cleared.
-- in: account_id int, connection_id int, due_at int
INSERT INTO connection_gone (account_id, connection_id, step, place, due_at) VALUES ($1, $2, 0, 0, $3)
 ON CONFLICT (account_id, connection_id) DO UPDATE SET step = 0, place = 0, due_at = excluded.due_at;

-- name: connection_gone_put_all
-- All that an account ever had: a request that was under way may have written for one that had been cleared.
-- in: account_id int, due_at int
INSERT INTO connection_gone (account_id, connection_id, step, place, due_at) SELECT account_id, connection_id, 0, 0, $2 FROM connection WHERE account_id = $1
 ON CONFLICT (account_id, connection_id) DO UPDATE SET step = 0, place = 0, due_at = excluded.due_at;

-- name: connection_gone_due
-- across accounts: the scheduler looks for work of everybody
-- The longest waiting first.
-- in: n int
-- out: account_id int, connection_id int, due_at int
SELECT account_id, connection_id, due_at FROM connection_gone ORDER BY due_at LIMIT $1;

-- name: connection_gone_first
-- One of an account that is due by then, and how far it is cleared.
-- in: account_id int, until int
-- out: connection_id int, step int, place int
SELECT connection_id, step, place FROM connection_gone WHERE account_id = $1 AND due_at <= $2 ORDER BY connection_id LIMIT 1;

-- name: connection_gone_move
-- It is cleared so far.
-- in: account_id int, connection_id int, step int, place int, due_at int
UPDATE connection_gone SET step = $3, place = $4, due_at = $5 WHERE account_id = $1 AND connection_id = $2;

-- name: connection_gone_later
-- After something went wrong.
-- in: account_id int, due_at int
UPDATE connection_gone SET due_at = $2 WHERE account_id = $1 AND due_at < $2;

-- name: connection_gone_remove
-- Nothing of it is left.
-- in: account_id int, connection_id int
DELETE FROM connection_gone WHERE account_id = $1 AND connection_id = $2;

-- name: remote_import_clear
-- What is over of them; what was handed over is an intake and goes on.
-- in: account_id int, connection_id int, n int
DELETE FROM remote_import WHERE account_id = $1 AND import_id IN
 (SELECT import_id FROM remote_import WHERE account_id = $1 AND connection_id = $2 ORDER BY import_id LIMIT $3);

-- name: remote_field_clear
-- Fields that were to be made there.
-- in: account_id int, connection_id int, n int
DELETE FROM remote_field WHERE account_id = $1 AND connection_id = $2 AND (drop_id, object) IN
 (SELECT drop_id, object FROM remote_field WHERE account_id = $1 AND connection_id = $2 ORDER BY drop_id, object LIMIT $3);

-- name: mirror_post_clear
-- What waited to be told.
-- in: account_id int, connection_id int, n int
DELETE FROM mirror_post WHERE account_id = $1 AND connection_id = $2 AND post_id IN
 (SELECT post_id FROM mirror_post WHERE account_id = $1 AND connection_id = $2 ORDER BY post_id LIMIT $3);

-- name: hook_seen_clear
-- Requests that it had already.
-- in: account_id int, connection_id int, n int
DELETE FROM hook_seen WHERE account_id = $1 AND connection_id = $2 AND repeat_id IN
 (SELECT repeat_id FROM hook_seen WHERE account_id = $1 AND connection_id = $2 ORDER BY repeat_id LIMIT $3);

-- name: remote_contact_clear
-- Its contacts' numbers.
-- in: account_id int, connection_id int, n int
DELETE FROM remote_contact WHERE account_id = $1 AND connection_id = $2 AND contact_id IN
 (SELECT contact_id FROM remote_contact WHERE account_id = $1 AND connection_id = $2 ORDER BY contact_id LIMIT $3);

-- name: remote_value_clear
-- What fields hold.
-- in: account_id int, connection_id int, n int
DELETE FROM remote_value WHERE account_id = $1 AND connection_id = $2 AND (drop_id, remote_id) IN
 (SELECT drop_id, remote_id FROM remote_value WHERE account_id = $1 AND connection_id = $2 ORDER BY drop_id, remote_id LIMIT $3);

-- name: mirror_drop_clear
-- Its drops.
-- in: account_id int, connection_id int, n int
DELETE FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 AND drop_id IN
 (SELECT drop_id FROM mirror_drop WHERE account_id = $1 AND connection_id = $2 ORDER BY drop_id LIMIT $3);

-- name: mirror_list_clear
-- Its lists; those here that followed them stay as they are.
-- in: account_id int, connection_id int, n int
DELETE FROM mirror_list WHERE account_id = $1 AND connection_id = $2 AND remote_list_id IN
 (SELECT remote_list_id FROM mirror_list WHERE account_id = $1 AND connection_id = $2 ORDER BY remote_list_id LIMIT $3);

-- name: mirror_event_clear
-- What was told.
-- in: account_id int, connection_id int, n int
DELETE FROM mirror_event WHERE account_id = $1 AND connection_id = $2 AND repeat_id IN
 (SELECT repeat_id FROM mirror_event WHERE account_id = $1 AND connection_id = $2 ORDER BY repeat_id LIMIT $3);

-- name: action_log_clear
-- Its actions.
-- in: account_id int, connection_id int, n int
DELETE FROM action_log WHERE account_id = $1 AND action_id IN
 (SELECT action_id FROM action_log WHERE account_id = $1 AND connection_id = $2 ORDER BY action_id LIMIT $3);

-- name: action_log_clear_all
-- Of an account that is gone, those without a connection too.
-- in: account_id int, n int
DELETE FROM action_log WHERE account_id = $1 AND action_id IN (SELECT action_id FROM action_log WHERE account_id = $1 ORDER BY action_id LIMIT $2);

-- name: remote_piece_window
-- How many there are of its next n pieces behind one, and the last of them (NULL: there is none).
-- in: account_id int, connection_id int, after int, n int
-- out: n int, last int
SELECT count(*) AS n, max(piece_id) AS last FROM (SELECT piece_id FROM remote_piece WHERE account_id = $1 AND connection_id = $2 AND piece_id > $3
 ORDER BY piece_id LIMIT $4) w;

-- name: remote_piece_clear
-- Of those, all but where a batch is not over, in one of three states: there the rows keep pieces from being sent twice.
-- in: account_id int, connection_id int, after int, last int, seats_a_batch int, ready int, handing_over int, unknown int
DELETE FROM remote_piece WHERE account_id = $1 AND connection_id = $2 AND piece_id > $3 AND piece_id <= $4 AND NOT EXISTS (SELECT 1 FROM batch b
 WHERE b.account_id = $1 AND b.batch_id = remote_piece.piece_id / $5 AND b.state IN ($6, $7, $8));

-- name: remote_piece_left
-- Was one kept?
-- in: account_id int, connection_id int
-- out: piece_id int
SELECT piece_id FROM remote_piece WHERE account_id = $1 AND connection_id = $2 LIMIT 1;
