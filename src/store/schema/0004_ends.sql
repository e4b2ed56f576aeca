-- 0004_ends.sql: what is cleared behind that which has ended.
-- Connections that are gone, until all that they left is cleared: at which of its steps (connection_clear.c), and behind which of its rows.
CREATE TABLE connection_gone (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, step SMALLINT NOT NULL, place BIGINT NOT NULL, due_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, connection_id)) CLUSTERED;
CREATE INDEX connection_gone_due ON connection_gone (due_at);
-- Print files that are kept (mail/tidy.c).
CREATE INDEX batch_with_file ON batch (opened_at) WHERE file <> '';
