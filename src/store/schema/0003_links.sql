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
CREATE INDEX hook_seen_by_time ON hook_seen (seen_at);
