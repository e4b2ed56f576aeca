-- The store's own statements: its version table and its pools of numbers.

-- name: schema_version_list
-- What was applied, oldest first.
-- out: version int, name text, digest blob
SELECT version, name, digest FROM schema_version ORDER BY version;

-- name: schema_version_add
-- A migration was applied.
-- in: version int, name text, digest blob, applied_at int
INSERT INTO schema_version (version, name, digest, applied_at) VALUES ($1, $2, $3, $4);

-- name: id_pool_take
-- Takes n numbers of a kind; next_id is the first number behind them. first_next is what a new pool starts with.
-- in: kind int, first_next int, n int
-- out: next_id int
INSERT INTO id_pool (kind, next_id) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET next_id = id_pool.next_id + $3 RETURNING next_id;

-- name: commit_mark_add
-- This group is committed when its mark is there.
-- in: owner int, mark int, made_at int
INSERT INTO commit_mark (owner, mark, made_at) VALUES ($1, $2, $3);

-- name: commit_mark_claim
-- After a lost connection: waits for the lost transaction's end. No row changed: it had committed. Else it had not, and now never can.
-- in: owner int, mark int, made_at int
INSERT INTO commit_mark (owner, mark, made_at) VALUES ($1, $2, $3) ON CONFLICT (owner, mark) DO NOTHING;

-- name: commit_mark_trim
-- Marks of this opening below one that is known.
-- in: owner int, below int
DELETE FROM commit_mark WHERE owner = $1 AND mark < $2;

-- name: commit_mark_forget
-- Marks of openings that ended long ago.
-- in: before int
DELETE FROM commit_mark WHERE made_at < $1;
