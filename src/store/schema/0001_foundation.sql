-- 1 directory tables: whose is this?
CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, digest BYTEA NOT NULL, applied_at BIGINT NOT NULL) CLUSTERED;
CREATE TABLE node (node_id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, started_at BIGINT NOT NULL, seen_at BIGINT NOT NULL) CLUSTERED HOT;
CREATE TABLE account (account_id BIGINT NOT NULL PRIMARY KEY, parent_id BIGINT, username TEXT NOT NULL, state SMALLINT NOT NULL DEFAULT 0, first_name TEXT, last_name TEXT,
  email_address TEXT, company TEXT, phone TEXT, address_street TEXT, address_city TEXT, address_state TEXT, address_zip TEXT, settings TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL, deleted_at BIGINT) CLUSTERED;
CREATE UNIQUE INDEX account_by_username ON account (username) WHERE deleted_at IS NULL;
CREATE INDEX account_by_parent ON account (parent_id, account_id) WHERE parent_id IS NOT NULL;
CREATE TABLE api_key (key_digest BYTEA NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, label TEXT NOT NULL, hint TEXT NOT NULL, created_at BIGINT NOT NULL, used_at BIGINT,
  revoked_at BIGINT) CLUSTERED;
CREATE INDEX api_key_by_account ON api_key (account_id);
CREATE TABLE mailer_id (mid BIGINT NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL) CLUSTERED;
CREATE INDEX mailer_id_by_account ON mailer_id (account_id);
-- What the house made once and must never lose: the key of the personal URLs is one row.
CREATE TABLE house (name TEXT NOT NULL PRIMARY KEY, value BYTEA NOT NULL) CLUSTERED;
-- What an engine at a distance needs: one row a group, by which a lost connection finds out whether its commit was made. `owner` is one opening of the store.
CREATE TABLE commit_mark (owner BIGINT NOT NULL, mark BIGINT NOT NULL, made_at BIGINT NOT NULL, PRIMARY KEY (owner, mark)) CLUSTERED;
-- 2 what people configure, and contacts
CREATE TABLE id_pool (kind SMALLINT NOT NULL PRIMARY KEY, next_id BIGINT NOT NULL) CLUSTERED HOT;
CREATE TABLE contact_list (account_id BIGINT NOT NULL, contact_list_id BIGINT NOT NULL, name TEXT NOT NULL, kind SMALLINT NOT NULL DEFAULT 0, n_contacts BIGINT NOT NULL DEFAULT 0,
  key_field TEXT, columns TEXT NOT NULL DEFAULT '[]', connection_id BIGINT, created_at BIGINT NOT NULL, deleted_at BIGINT, PRIMARY KEY (account_id, contact_list_id)) CLUSTERED HOT;
CREATE TABLE contact (contact_id ROWKEY, account_id BIGINT NOT NULL, contact_list_id BIGINT NOT NULL, first_name TEXT, last_name TEXT, company TEXT, address_street TEXT,
  address_street2 TEXT, address_city TEXT, address_state TEXT, address_zip TEXT, country TEXT, email_address TEXT, phone TEXT, mobile_phone TEXT, occupation TEXT, website TEXT,
  vars TEXT, source_key TEXT, address_status SMALLINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL) KEYED (account_id, contact_id);
CREATE INDEX contact_by_list ON contact (account_id, contact_list_id, contact_id);
CREATE UNIQUE INDEX contact_by_key ON contact (account_id, contact_list_id, source_key) WHERE source_key IS NOT NULL;
CREATE TABLE template (account_id BIGINT NOT NULL, template_id BIGINT NOT NULL, name TEXT NOT NULL, size SMALLINT NOT NULL, current_version BIGINT,
  is_proofed SMALLINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, deleted_at BIGINT, PRIMARY KEY (account_id, template_id)) CLUSTERED;
CREATE TABLE template_version (account_id BIGINT NOT NULL, template_id BIGINT NOT NULL, version BIGINT NOT NULL, state SMALLINT NOT NULL, source TEXT NOT NULL, boxes TEXT,
  static_asset BYTEA, press_path SMALLINT NOT NULL DEFAULT 0, report TEXT, due_at BIGINT, attempt BIGINT NOT NULL DEFAULT 0, lease_node BIGINT,
  lease_until BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, PRIMARY KEY (account_id, template_id, version)) PLAIN;
CREATE INDEX template_version_due ON template_version (due_at) WHERE due_at IS NOT NULL;
-- A name of an account points at bytes by digest (files/assets/xx/DIGEST); putting a name again moves it. What a template version uses is pinned in its source by digest.
CREATE TABLE asset (account_id BIGINT NOT NULL, name TEXT NOT NULL, digest BYTEA NOT NULL, media_type TEXT NOT NULL, bytes BIGINT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, name)) CLUSTERED;
CREATE TABLE campaign (account_id BIGINT NOT NULL, campaign_id BIGINT NOT NULL, name TEXT NOT NULL, kind SMALLINT NOT NULL, min_days_between BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL, deleted_at BIGINT, PRIMARY KEY (account_id, campaign_id)) CLUSTERED;
CREATE TABLE mail_drop (account_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, campaign_id BIGINT NOT NULL, name TEXT NOT NULL, endpoint TEXT, state SMALLINT NOT NULL,
  is_live SMALLINT NOT NULL DEFAULT 0, template_id BIGINT NOT NULL, template_version BIGINT NOT NULL, contact_list_id BIGINT, next_contact_id BIGINT, last_contact_id BIGINT,
  send_at BIGINT, mid BIGINT, stid SMALLINT, sender TEXT NOT NULL, starting_url TEXT, goal_url TEXT, settings TEXT NOT NULL DEFAULT '{}', due_at BIGINT, attempt BIGINT NOT NULL DEFAULT 0,
  last_error TEXT, lease_node BIGINT, lease_until BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, deleted_at BIGINT, PRIMARY KEY (account_id, drop_id)) CLUSTERED HOT;
CREATE UNIQUE INDEX mail_drop_by_endpoint ON mail_drop (account_id, endpoint) WHERE endpoint IS NOT NULL;
CREATE INDEX mail_drop_by_campaign ON mail_drop (campaign_id);
CREATE INDEX mail_drop_due ON mail_drop (due_at) WHERE due_at IS NOT NULL;
-- 3 mail
CREATE TABLE batch (account_id BIGINT NOT NULL, batch_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, state SMALLINT NOT NULL, is_test SMALLINT NOT NULL,
  n_pieces BIGINT NOT NULL DEFAULT 0, n_refused BIGINT NOT NULL DEFAULT 0, template_version BIGINT NOT NULL, pages_each SMALLINT NOT NULL DEFAULT 0, mid BIGINT, stid SMALLINT,
  first_serial BIGINT, opened_at BIGINT NOT NULL, due_at BIGINT, attempt BIGINT NOT NULL DEFAULT 0, lease_node BIGINT, lease_until BIGINT NOT NULL DEFAULT 0, file TEXT,
  file_bytes BIGINT, file_digest BYTEA, handed_over_at BIGINT, printer_job TEXT, last_error TEXT, PRIMARY KEY (account_id, batch_id)) CLUSTERED HOT;
CREATE INDEX batch_due ON batch (state, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX batch_by_drop ON batch (drop_id, batch_id);
CREATE TABLE piece (piece_id ROWKEY, account_id BIGINT NOT NULL, contact_id BIGINT NOT NULL, created_at BIGINT NOT NULL, state SMALLINT NOT NULL DEFAULT 0,
  reason SMALLINT NOT NULL DEFAULT 0, detail TEXT, country TEXT, source_ref TEXT, recipient TEXT NOT NULL) KEYED (account_id, piece_id);
CREATE INDEX piece_by_contact ON piece (contact_id);
CREATE TABLE serial_pool (account_id BIGINT NOT NULL, mid BIGINT NOT NULL, size BIGINT NOT NULL, next_serial BIGINT NOT NULL, lap BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, mid)) CLUSTERED HOT;
CREATE TABLE serial_run (account_id BIGINT NOT NULL, mid BIGINT NOT NULL, first_serial BIGINT NOT NULL, lap BIGINT NOT NULL, n BIGINT NOT NULL, piece_account_id BIGINT NOT NULL,
  batch_id BIGINT NOT NULL, assigned_at BIGINT NOT NULL, free_at BIGINT, PRIMARY KEY (account_id, mid, first_serial, lap)) CLUSTERED HOT;
-- 4 intake: files and bodies that are worked off, and the rows that could not be used
CREATE TABLE intake (account_id BIGINT NOT NULL, intake_id BIGINT NOT NULL, kind SMALLINT NOT NULL, target_id BIGINT, state SMALLINT NOT NULL, file TEXT NOT NULL, bytes BIGINT NOT NULL,
  digest BYTEA, n_rows BIGINT NOT NULL DEFAULT 0, n_used BIGINT NOT NULL DEFAULT 0, n_repeat BIGINT NOT NULL DEFAULT 0, n_orphan BIGINT NOT NULL DEFAULT 0,
  n_refused BIGINT NOT NULL DEFAULT 0, at_byte BIGINT NOT NULL DEFAULT 0, due_at BIGINT, attempt BIGINT NOT NULL DEFAULT 0, last_error TEXT,
  lease_node BIGINT, lease_until BIGINT NOT NULL DEFAULT 0, received_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, intake_id)) CLUSTERED HOT;
CREATE INDEX intake_due ON intake (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE refused_row (account_id BIGINT NOT NULL, intake_id BIGINT NOT NULL, line BIGINT NOT NULL, reason SMALLINT NOT NULL, detail TEXT NOT NULL, raw TEXT NOT NULL,
  PRIMARY KEY (account_id, intake_id, line)) PLAIN;
