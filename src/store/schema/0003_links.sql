-- 7 links: what connectors know of the other side's things
CREATE TABLE remote_field (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, object TEXT NOT NULL, remote_name TEXT NOT NULL, state SMALLINT NOT NULL,
  status TEXT, checked_at BIGINT, due_at BIGINT, attempt BIGINT NOT NULL DEFAULT 0, lease_node BIGINT, lease_until BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (account_id, connection_id, drop_id, object)) CLUSTERED;
CREATE INDEX remote_field_due ON remote_field (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE remote_contact (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, contact_id BIGINT NOT NULL, remote_id TEXT NOT NULL,
  PRIMARY KEY (account_id, connection_id, contact_id)) CLUSTERED;
-- A piece that is sent through a connection: claimed before its request, so that it is never sent by two.
CREATE TABLE remote_piece (account_id BIGINT NOT NULL, piece_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, state SMALLINT NOT NULL, remote_id TEXT, sent_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, piece_id)) CLUSTERED;
CREATE INDEX remote_piece_by_remote ON remote_piece (account_id, connection_id, remote_id) WHERE remote_id IS NOT NULL;
-- Whose connection prints a drop, instead of its account's printer.
CREATE TABLE drop_printer (account_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, endpoint TEXT NOT NULL, PRIMARY KEY (account_id, drop_id)) CLUSTERED;
-- What came of an action that somebody waited for. Of the other side's answer nothing else is kept.
CREATE TABLE action_log (account_id BIGINT NOT NULL, action_id BIGINT NOT NULL, connection_id BIGINT, subject TEXT, endpoint TEXT NOT NULL, outcome SMALLINT NOT NULL, http_status BIGINT,
  tries BIGINT NOT NULL, took_ms BIGINT NOT NULL, PRIMARY KEY (account_id, action_id)) CLUSTERED;
-- A request that a hook had already (webhook ids): kept a week.
CREATE TABLE hook_seen (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, repeat_id TEXT NOT NULL, seen_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, connection_id, repeat_id)) CLUSTERED;
-- What a drop's field of a record there holds by our hand.
CREATE TABLE remote_value (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, remote_id TEXT NOT NULL, piece_id BIGINT NOT NULL, code SMALLINT NOT NULL,
  happened_at BIGINT NOT NULL, PRIMARY KEY (account_id, connection_id, drop_id, remote_id)) CLUSTERED;
-- Contacts of a connection on their way into a list: gathered in a file page by page, which then becomes an intake.
CREATE TABLE remote_import (account_id BIGINT NOT NULL, import_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, contact_list_id BIGINT NOT NULL, wish TEXT NOT NULL, state SMALLINT NOT NULL,
  n_rows BIGINT NOT NULL DEFAULT 0, restarts BIGINT NOT NULL DEFAULT 0, n_all BIGINT, at_byte BIGINT NOT NULL DEFAULT 0, place TEXT, intake_id BIGINT, last_error TEXT, started_at BIGINT NOT NULL, due_at BIGINT,
  attempt BIGINT NOT NULL DEFAULT 0, lease_node BIGINT, lease_until BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (account_id, import_id)) CLUSTERED;
CREATE INDEX remote_import_due ON remote_import (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX remote_import_of_connection ON remote_import (connection_id, import_id);
CREATE INDEX hook_seen_by_time ON hook_seen (account_id, connection_id, seen_at);
-- Requests from the other side: the SHA-256 of the token they come with (NULL: none are taken), and the last one that was refused.
ALTER TABLE connection ADD COLUMN hook_digest BYTEA;
ALTER TABLE connection ADD COLUMN hook_refused_at BIGINT;
ALTER TABLE connection ADD COLUMN hook_refused TEXT;
-- How often its owner opened it: what is answered to an attempt from before that says nothing of what it leads to now.
ALTER TABLE destination ADD COLUMN n_opened BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN given_up_at BIGINT;
CREATE INDEX delivery_given_up ON delivery (given_up_at) WHERE given_up_at IS NOT NULL;
-- The token itself, sealed, where the connector gives its address to the other side by itself.
ALTER TABLE connection ADD COLUMN hook_sealed BYTEA;
-- What is watched at a connection: when it is asked again, and for contacts (NULL: never yet), its drops as they were last, with the number of our
-- webhook there, and the events that were told already.
CREATE TABLE mirror (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, since BIGINT NOT NULL, due_at BIGINT NOT NULL, attempt BIGINT NOT NULL DEFAULT 0, lease_node BIGINT,
  lease_until BIGINT NOT NULL DEFAULT 0, last_error TEXT, contacts_at BIGINT, PRIMARY KEY (account_id, connection_id)) CLUSTERED;
CREATE TABLE mirror_drop (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, drop_id BIGINT NOT NULL, name TEXT, endpoint TEXT, seen_at BIGINT NOT NULL,
  hook_id BIGINT, PRIMARY KEY (account_id, connection_id, drop_id)) CLUSTERED;
-- is_seen: a look has read it, so what is older has been read too, unless its drop is_partial: a look broke off below a page that was new.
ALTER TABLE mirror_drop ADD COLUMN is_partial SMALLINT NOT NULL DEFAULT 0;
CREATE TABLE mirror_event (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, repeat_id TEXT NOT NULL, event_id BIGINT NOT NULL, is_seen SMALLINT NOT NULL DEFAULT 0, PRIMARY KEY (account_id, connection_id, repeat_id)) CLUSTERED;
-- Since when the pieces of a batch that were not sent through its connection are recalled, while others were.
ALTER TABLE batch ADD COLUMN recalled_at BIGINT;
-- What a watched connection's other side posted here and is not worked off yet, and its contact lists with the lists here that follow them.
CREATE TABLE mirror_post (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, post_id BIGINT NOT NULL, due_at BIGINT NOT NULL, attempt BIGINT NOT NULL DEFAULT 0, body TEXT NOT NULL,
  PRIMARY KEY (account_id, connection_id, post_id)) CLUSTERED;
CREATE INDEX mirror_post_due ON mirror_post (due_at);
CREATE TABLE mirror_list (account_id BIGINT NOT NULL, connection_id BIGINT NOT NULL, remote_list_id BIGINT NOT NULL, contact_list_id BIGINT NOT NULL, name TEXT, n_contacts BIGINT NOT NULL,
  digest BYTEA, intake_id BIGINT, seen_at BIGINT NOT NULL, PRIMARY KEY (account_id, connection_id, remote_list_id)) CLUSTERED;
