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
-- What was told last, and of which event: its piece and campaign ($3), or its contact and list ($4), where they are still there.
-- in: account_id int, n int, of_drops int, of_lists int
-- out: log_id int, destination_id int, result int, answer text, source int, source_id int, code int, subject_id int, drop_name text
-- out: recipient text, first_name text, last_name text, company text, list_name text
SELECT l.log_id, l.destination_id, l.result, l.answer, l.source, l.source_id, e.code, e.subject_id, d.name AS drop_name, p.recipient,
 c.first_name, c.last_name, c.company, t.name AS list_name FROM delivery_log l
 LEFT JOIN event e ON e.account_id = $1 AND e.source = l.source AND e.source_id = l.source_id AND e.event_id = l.event_id
 LEFT JOIN mail_drop d ON d.account_id = $1 AND d.drop_id = l.source_id AND l.source = $3 AND d.deleted_at IS NULL
 LEFT JOIN piece p ON p.account_id = $1 AND p.piece_id = e.subject_id AND l.source = $3
 LEFT JOIN contact c ON c.account_id = $1 AND c.contact_id = e.subject_id AND l.source = $4
 LEFT JOIN contact_list t ON t.account_id = $1 AND t.contact_list_id = l.source_id AND l.source = $4
 WHERE l.account_id = $1 ORDER BY l.log_id DESC LIMIT $2;

-- name: web_told_to
-- The same, told to one destination.
-- in: account_id int, n int, of_drops int, of_lists int, destination_id int
-- out: as web_told
SELECT l.log_id, l.destination_id, l.result, l.answer, l.source, l.source_id, e.code, e.subject_id, d.name AS drop_name, p.recipient,
 c.first_name, c.last_name, c.company, t.name AS list_name FROM delivery_log l
 LEFT JOIN event e ON e.account_id = $1 AND e.source = l.source AND e.source_id = l.source_id AND e.event_id = l.event_id
 LEFT JOIN mail_drop d ON d.account_id = $1 AND d.drop_id = l.source_id AND l.source = $3 AND d.deleted_at IS NULL
 LEFT JOIN piece p ON p.account_id = $1 AND p.piece_id = e.subject_id AND l.source = $3
 LEFT JOIN contact c ON c.account_id = $1 AND c.contact_id = e.subject_id AND l.source = $4
 LEFT JOIN contact_list t ON t.account_id = $1 AND t.contact_list_id = l.source_id AND l.source = $4
 WHERE l.account_id = $1 AND l.destination_id = $5 ORDER BY l.log_id DESC LIMIT $2;

-- name: web_told_so_far
-- The last time that a destination was told anything ($3: the result that says so), or, $3 being 0, was tried, behind the try $4.
-- in: account_id int, destination_id int, result int, after int
-- out: log_id int
SELECT log_id FROM delivery_log WHERE account_id = $1 AND destination_id = $2 AND (result = $3 OR $3 = 0) AND log_id > $4
 ORDER BY log_id DESC LIMIT 1;

-- name: web_subscriptions
-- What is told to a connection, newest first, and of which campaign ($3), list ($4), or watched connection ($5) it is.
-- in: account_id int, destination_id int, of_drops int, of_lists int, of_connections int, n int
-- out: subscription_id int, name text, source int, source_id int, codes int, delay_ms int, is_enabled int, drop_name text, list_name text
-- out: label text
SELECT s.subscription_id, s.name, s.source, s.source_id, s.codes, s.delay_ms, s.is_enabled, d.name AS drop_name, t.name AS list_name, c.label
 FROM subscription s
 LEFT JOIN mail_drop d ON d.account_id = $1 AND d.drop_id = s.source_id AND s.source = $3 AND d.deleted_at IS NULL
 LEFT JOIN contact_list t ON t.account_id = $1 AND t.contact_list_id = s.source_id AND s.source = $4
 LEFT JOIN connection c ON c.account_id = $1 AND c.connection_id = s.source_id AND s.source = $5 AND c.state = 0
 WHERE s.account_id = $1 AND s.destination_id = $2 ORDER BY s.subscription_id DESC LIMIT $6;

-- name: web_drop_at
-- The campaign behind an endpoint.
-- in: account_id int, endpoint text
-- out: drop_id int, name text
SELECT drop_id, name FROM mail_drop WHERE account_id = $1 AND endpoint = $2 AND deleted_at IS NULL;

-- name: web_drop_written
-- Pieces of a drop that were written, live and test apart.
-- in: account_id int, drop_id int
-- out: is_test int, n_pieces int
SELECT is_test, CAST(sum(n_pieces - n_refused) AS BIGINT) AS n_pieces FROM batch WHERE account_id = $1 AND drop_id = $2 AND state BETWEEN 3 AND 6
 GROUP BY is_test;
