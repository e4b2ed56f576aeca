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
