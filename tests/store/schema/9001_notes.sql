-- 2 what the store's tests write
CREATE TABLE note (account_id BIGINT NOT NULL, note_id BIGINT NOT NULL, body TEXT, stamp BYTEA, PRIMARY KEY (account_id, note_id)) CLUSTERED;
