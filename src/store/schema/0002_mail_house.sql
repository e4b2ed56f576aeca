-- 1 directory tables
CREATE TABLE session (token_digest BYTEA NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, user_id BIGINT NOT NULL, kind SMALLINT NOT NULL, target TEXT,
  expires_at BIGINT NOT NULL) CLUSTERED;
CREATE INDEX session_expiry ON session (expires_at);
CREATE TABLE tracking_domain (host TEXT NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, created_at BIGINT NOT NULL) CLUSTERED;
CREATE TABLE login (username TEXT NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, user_id BIGINT NOT NULL) CLUSTERED;
CREATE INDEX login_by_account ON login (account_id);
-- 2 people who log in with a name and a password
CREATE TABLE app_user (account_id BIGINT NOT NULL, user_id BIGINT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, role SMALLINT NOT NULL, password_hash TEXT NOT NULL,
  failed_count BIGINT NOT NULL DEFAULT 0, locked_until BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, PRIMARY KEY (account_id, user_id)) CLUSTERED;
-- 2 suppression: who is never printed
CREATE TABLE suppression_list (account_id BIGINT NOT NULL, suppression_list_id BIGINT NOT NULL, name TEXT NOT NULL, kind SMALLINT NOT NULL DEFAULT 0, country TEXT NOT NULL DEFAULT 'US',
  n_contacts BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, PRIMARY KEY (account_id, suppression_list_id)) CLUSTERED;
CREATE TABLE suppressed (account_id BIGINT NOT NULL, suppression_list_id BIGINT NOT NULL, suppressed_id BIGINT NOT NULL, match_key BYTEA NOT NULL, email_key BYTEA, person TEXT NOT NULL,
  created_at BIGINT NOT NULL, PRIMARY KEY (account_id, suppression_list_id, suppressed_id)) CLUSTERED;
CREATE INDEX suppressed_by_address ON suppressed (account_id, match_key);
CREATE INDEX suppressed_by_email ON suppressed (account_id, email_key) WHERE email_key IS NOT NULL;
CREATE TABLE mailed_address (account_id BIGINT NOT NULL, match_key BYTEA NOT NULL, campaign_id BIGINT NOT NULL, piece_id BIGINT NOT NULL, mailed_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, match_key, campaign_id)) CLUSTERED;
-- 3 tracking
CREATE TABLE scan (account_id BIGINT NOT NULL, piece_id BIGINT NOT NULL, scanned_at BIGINT NOT NULL, op_code SMALLINT NOT NULL, facility BIGINT NOT NULL, handling SMALLINT NOT NULL,
  phase SMALLINT NOT NULL, emits SMALLINT NOT NULL, intake_id BIGINT NOT NULL, detail TEXT, PRIMARY KEY (account_id, piece_id, scanned_at, op_code, facility, handling)) CLUSTERED;
CREATE TABLE orphan_scan (account_id BIGINT NOT NULL, mid BIGINT NOT NULL, serial BIGINT NOT NULL, scanned_at BIGINT NOT NULL, op_code SMALLINT NOT NULL, facility BIGINT NOT NULL,
  handling SMALLINT NOT NULL, phase SMALLINT NOT NULL, stid SMALLINT NOT NULL, intake_id BIGINT NOT NULL, detail TEXT,
  PRIMARY KEY (account_id, mid, serial, scanned_at, op_code, facility, handling)) CLUSTERED;
CREATE TABLE visit (account_id BIGINT NOT NULL, piece_id BIGINT NOT NULL, visit_id BIGINT NOT NULL, kind SMALLINT NOT NULL, is_test SMALLINT NOT NULL, visited_at BIGINT NOT NULL,
  of_visit BIGINT NOT NULL, url TEXT, visitor BYTEA, agent TEXT, PRIMARY KEY (account_id, piece_id, visit_id)) CLUSTERED;
CREATE TABLE drop_online (account_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, tracking SMALLINT NOT NULL, landing_fields TEXT NOT NULL, PRIMARY KEY (account_id, drop_id)) CLUSTERED;
CREATE TABLE drop_stat (account_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, day BIGINT NOT NULL, code SMALLINT NOT NULL, slot SMALLINT NOT NULL, n BIGINT NOT NULL,
  PRIMARY KEY (account_id, drop_id, code, day, slot)) CLUSTERED HOT;
-- 4 events and the outbox. A destination's secret (webhook signing) is sealed; a subscription with a name and an address is a webhook.
CREATE TABLE event (account_id BIGINT NOT NULL, source SMALLINT NOT NULL, source_id BIGINT NOT NULL, event_id BIGINT NOT NULL, code SMALLINT NOT NULL, is_test SMALLINT NOT NULL,
  hops SMALLINT NOT NULL DEFAULT 0, subject_id BIGINT NOT NULL, person_id BIGINT NOT NULL, happened_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, detail TEXT,
  PRIMARY KEY (account_id, source, source_id, event_id)) CLUSTERED;
CREATE TABLE connection (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, kind SMALLINT NOT NULL, label TEXT NOT NULL, description TEXT, state SMALLINT NOT NULL,
  settings TEXT NOT NULL, sealed BYTEA, version BIGINT NOT NULL DEFAULT 0, status TEXT, updated_at BIGINT NOT NULL, PRIMARY KEY (account_id, connection_id)) CLUSTERED;
CREATE TABLE destination (account_id BIGINT NOT NULL, destination_id BIGINT NOT NULL, link SMALLINT NOT NULL, connection_id BIGINT, address TEXT NOT NULL, sealed BYTEA, state SMALLINT NOT NULL,
  window_size BIGINT NOT NULL, paused_until BIGINT NOT NULL DEFAULT 0, failing_since BIGINT, last_error TEXT, awake SMALLINT NOT NULL DEFAULT 0, lease_node BIGINT,
  lease_until BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, PRIMARY KEY (account_id, destination_id)) CLUSTERED HOT;
CREATE INDEX destination_awake ON destination (destination_id) WHERE awake = 1;
CREATE TABLE subscription (account_id BIGINT NOT NULL, subscription_id BIGINT NOT NULL, name TEXT NOT NULL, source SMALLINT NOT NULL, source_id BIGINT NOT NULL, destination_id BIGINT NOT NULL,
  codes BIGINT NOT NULL, delay_ms BIGINT NOT NULL DEFAULT 0, is_enabled SMALLINT NOT NULL, settings TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, subscription_id)) CLUSTERED;
CREATE INDEX subscription_by_source ON subscription (source, source_id);
CREATE TABLE delivery (account_id BIGINT NOT NULL, destination_id BIGINT NOT NULL, due_at BIGINT NOT NULL, delivery_id BIGINT NOT NULL, subscription_id BIGINT NOT NULL,
  source SMALLINT NOT NULL, source_id BIGINT NOT NULL, event_id BIGINT NOT NULL, person_id BIGINT NOT NULL, attempt BIGINT NOT NULL DEFAULT 0, first_due_at BIGINT NOT NULL,
  last_result SMALLINT NOT NULL DEFAULT 0, last_error TEXT, sent_mark TEXT, PRIMARY KEY (account_id, destination_id, due_at, delivery_id)) CLUSTERED;
CREATE INDEX delivery_held ON delivery (destination_id, person_id) WHERE attempt > 0;
CREATE TABLE delivery_log (log_id ROWKEY, account_id BIGINT NOT NULL, destination_id BIGINT NOT NULL, delivery_id BIGINT NOT NULL, source SMALLINT NOT NULL, source_id BIGINT NOT NULL,
  event_id BIGINT NOT NULL, attempt BIGINT NOT NULL, result SMALLINT NOT NULL, http_status SMALLINT, took_ms BIGINT NOT NULL, answer TEXT) KEYED (account_id, log_id);
CREATE INDEX delivery_log_by_destination ON delivery_log (account_id, destination_id, log_id);
-- 5 limits
CREATE TABLE idempotency (account_id BIGINT NOT NULL, key_digest BYTEA NOT NULL, request_digest BYTEA NOT NULL, status SMALLINT NOT NULL, answer TEXT NOT NULL,
  expires_at BIGINT NOT NULL, PRIMARY KEY (account_id, key_digest)) CLUSTERED;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);
-- 6 hand-over. Printers are the house's: rows of `connection` of account 0 and kind 1; an account prints on the one it was granted. n_told: seats whose MailPieceCreated is written.
ALTER TABLE campaign ADD COLUMN daily_cap BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN printer_id BIGINT;
ALTER TABLE batch ADD COLUMN n_cancelled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN n_told BIGINT NOT NULL DEFAULT 0;
CREATE TABLE account_printer (account_id BIGINT NOT NULL PRIMARY KEY, connection_id BIGINT NOT NULL, granted_at BIGINT NOT NULL) CLUSTERED;
-- Live pieces a day (days since 1970, UTC) of a key or a campaign.
CREATE TABLE day_count (account_id BIGINT NOT NULL, name TEXT NOT NULL, day BIGINT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (account_id, name, day)) CLUSTERED HOT;
-- 6 imports by a unique key
ALTER TABLE intake ADD COLUMN n_inserted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE intake ADD COLUMN n_updated BIGINT NOT NULL DEFAULT 0;
