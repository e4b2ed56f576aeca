-- Statements of the store's tests.

-- name: note_add
-- A plain row.
-- append
-- in: account_id int, note_id int, body text, stamp blob
INSERT INTO note (account_id, note_id, body, stamp) VALUES ($1, $2, $3, $4);

-- name: note_get
-- One row whole.
-- in: account_id int, note_id int
-- out: body text, stamp blob
SELECT body, stamp FROM note WHERE account_id = $1 AND note_id = $2;

-- name: note_list
-- Rows in order of their numbers.
-- in: account_id int, after int, n int
-- out: note_id int, body text
SELECT note_id, body FROM note WHERE account_id = $1 AND note_id > $2 ORDER BY note_id LIMIT $3;

-- name: note_count
-- How many an account has.
-- in: account_id int
-- out: n int
SELECT count(*) FROM note WHERE account_id = $1;

-- name: note_change
-- A write that gives rows.
-- in: account_id int, note_id int, body text
-- out: note_id int
UPDATE note SET body = $3 WHERE account_id = $1 AND note_id >= $2 RETURNING note_id;

-- name: note_remove
-- Takes rows out.
-- in: account_id int, note_id int
DELETE FROM note WHERE account_id = $1 AND note_id >= $2;
