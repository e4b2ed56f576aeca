-- 0005_trials.sql: the newest trial of a connection: when, whether it worked, the status that was answered, and the sentence when it did not work.
-- saved_version: the version by which its owner last changed settings or secrets. A trial of what was there before is not kept.
ALTER TABLE connection ADD COLUMN saved_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN tried_at BIGINT;
ALTER TABLE connection ADD COLUMN tried_works SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN tried_status BIGINT;
ALTER TABLE connection ADD COLUMN tried_sentence TEXT;
