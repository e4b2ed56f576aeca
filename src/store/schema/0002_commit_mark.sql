-- 2 what an engine at a distance needs: one row a group, by which a lost connection finds out whether its commit was made. `owner` is one opening of the store.
CREATE TABLE commit_mark (owner BIGINT NOT NULL, mark BIGINT NOT NULL, made_at BIGINT NOT NULL, PRIMARY KEY (owner, mark)) CLUSTERED;
