-- 7 links: what connectors know of the other side's things
CREATE TABLE remote_field (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, object TEXT NOT NULL, remote_name TEXT NOT NULL, state SMALLINT NOT NULL,
  status TEXT, due_at BIGINT, attempt BIGINT NOT NULL DEFAULT 0, lease_node BIGINT, lease_until BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (account_id, connection_id, drop_id, object)) CLUSTERED;
CREATE INDEX remote_field_due ON remote_field (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE remote_contact (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, contact_id BIGINT NOT NULL, remote_id TEXT NOT NULL,
  PRIMARY KEY (account_id, connection_id, contact_id)) CLUSTERED;
CREATE TABLE remote_piece (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, piece_id BIGINT NOT NULL, state SMALLINT NOT NULL, remote_id TEXT, sent_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, connection_id, piece_id)) CLUSTERED;
-- A request that a hook had already (webhook ids): kept a week.
CREATE TABLE hook_seen (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, repeat_id TEXT NOT NULL, seen_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, connection_id, repeat_id)) CLUSTERED;
CREATE INDEX hook_seen_by_time ON hook_seen (account_id, connection_id, seen_at);
-- Requests from the other side: the SHA-256 of the token they come with (NULL: none are taken), and the last one that was refused.
ALTER TABLE connection ADD COLUMN hook_digest BYTEA;
ALTER TABLE connection ADD COLUMN hook_refused_at BIGINT;
ALTER TABLE connection ADD COLUMN hook_refused TEXT;
