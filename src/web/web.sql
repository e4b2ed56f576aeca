-- What the pages ask beyond the faces of src/mail: rows of one account, for its eyes. Read only.

-- name: web_batches_in_trouble
-- Batches that need a person: failed, or with an outcome that is not known.
-- in: account_id int, n int
-- out: batch_id int, drop_id int, state int, is_test int, n_pieces int, last_error text, drop_name text
SELECT b.batch_id, b.drop_id, b.state, b.is_test, b.n_pieces, b.last_error, d.name AS drop_name FROM batch b
 JOIN mail_drop d ON d.account_id = $1 AND d.drop_id = b.drop_id
 WHERE b.account_id = $1 AND b.state IN (8, 9) ORDER BY b.batch_id DESC LIMIT $2;

-- name: web_batches_moving
-- Batches that are on their way to paper: open, closed, being printed, being handed over.
-- in: account_id int, n int
-- out: batch_id int, drop_id int, state int, is_test int, n_pieces int, due_at int, last_error text, drop_name text
SELECT b.batch_id, b.drop_id, b.state, b.is_test, b.n_pieces, b.due_at, b.last_error, d.name AS drop_name FROM batch b
 JOIN mail_drop d ON d.account_id = $1 AND d.drop_id = b.drop_id
 WHERE b.account_id = $1 AND b.state IN (0, 1, 2, 4) ORDER BY b.batch_id DESC LIMIT $2;

-- name: web_imports_newest
-- The newest imports into contact lists, with the list's name.
-- in: account_id int, n int
-- out: intake_id int, target_id int, state int, bytes int, at_byte int, n_rows int, n_used int, n_refused int, received_at int, last_error text
-- out: list_name text
SELECT i.intake_id, i.target_id, i.state, i.bytes, i.at_byte, i.n_rows, i.n_used, i.n_refused, i.received_at, i.last_error,
 l.name AS list_name FROM intake i
 JOIN contact_list l ON l.account_id = $1 AND l.contact_list_id = i.target_id
 WHERE i.account_id = $1 ORDER BY i.intake_id DESC LIMIT $2;

-- name: web_told
-- What was told last, and of which event.
-- in: account_id int, n int
-- out: log_id int, destination_id int, result int, answer text, source int, code int, subject_id int
SELECT l.log_id, l.destination_id, l.result, l.answer, l.source, e.code, e.subject_id FROM delivery_log l
 LEFT JOIN event e ON e.account_id = $1 AND e.source = l.source AND e.source_id = l.source_id AND e.event_id = l.event_id
 WHERE l.account_id = $1 ORDER BY l.log_id DESC LIMIT $2;

-- name: web_drop_written
-- Pieces of a drop that were written, live and test apart.
-- in: account_id int, drop_id int
-- out: is_test int, n_pieces int
SELECT is_test, CAST(sum(n_pieces - n_refused) AS BIGINT) AS n_pieces FROM batch WHERE account_id = $1 AND drop_id = $2 AND state BETWEEN 3 AND 6
 GROUP BY is_test;
