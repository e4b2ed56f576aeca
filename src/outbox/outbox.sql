-- The outbox's statements: events and who wants them, destinations and their leases, deliveries, the log of attempts.

-- ---- events ----

-- name: event_insert
-- append
-- A fact that happened.
-- in: account_id int, source int, source_id int, event_id int, code int, is_test int, hops int, subject_id int, person_id int
-- in: happened_at int, recorded_at int, detail text
INSERT INTO event (account_id, source, source_id, event_id, code, is_test, hops, subject_id, person_id, happened_at, recorded_at, detail)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: event_find
-- One event.
-- in: account_id int, source int, source_id int, event_id int
-- out: code int, is_test int, hops int, subject_id int, person_id int, happened_at int, recorded_at int, detail text
SELECT code, is_test, hops, subject_id, person_id, happened_at, recorded_at, detail FROM event
 WHERE account_id = $1 AND source = $2 AND source_id = $3 AND event_id = $4;

-- name: event_page
-- Events of a source, newest first.
-- in: account_id int, source int, source_id int, skip int, n int
-- out: event_id int, code int, is_test int, hops int, subject_id int, person_id int, happened_at int, recorded_at int, detail text
SELECT event_id, code, is_test, hops, subject_id, person_id, happened_at, recorded_at, detail FROM event
 WHERE account_id = $1 AND source = $2 AND source_id = $3 ORDER BY event_id DESC LIMIT $5 OFFSET $4;

-- name: event_window
-- How many there are of the next n events of a source behind one, and the last of them (NULL: there is none).
-- in: account_id int, source int, source_id int, after int, n int
-- out: n int, last int
SELECT count(*) AS n, max(event_id) AS last FROM (SELECT event_id FROM event WHERE account_id = $1 AND source = $2 AND source_id = $3 AND event_id > $4
 ORDER BY event_id LIMIT $5) w;

-- name: event_blank
-- That they happened stays; whom they were about does not.
-- in: account_id int, source int, source_id int, after int, last int
UPDATE event SET detail = NULL WHERE account_id = $1 AND source = $2 AND source_id = $3 AND event_id > $4 AND event_id <= $5 AND detail IS NOT NULL;

-- ---- subscriptions ----

-- name: subscription_every
-- across accounts: the index in memory is made of all of them
-- All subscriptions.
-- out: account_id int, subscription_id int, source int, source_id int, destination_id int, codes int, delay_ms int, is_enabled int
SELECT account_id, subscription_id, source, source_id, destination_id, codes, delay_ms, is_enabled FROM subscription;

-- name: subscription_insert
-- A new subscription.
-- in: account_id int, subscription_id int, name text, source int, source_id int, destination_id int, codes int, delay_ms int
-- in: is_enabled int, settings text, created_at int, updated_at int
INSERT INTO subscription (account_id, subscription_id, name, source, source_id, destination_id, codes, delay_ms, is_enabled, settings,
 created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: subscription_update
-- A subscription as it is wanted now.
-- in: account_id int, subscription_id int, name text, source int, source_id int, destination_id int, codes int, delay_ms int
-- in: is_enabled int, settings text, updated_at int
UPDATE subscription SET name = $3, source = $4, source_id = $5, destination_id = $6, codes = $7, delay_ms = $8, is_enabled = $9,
 settings = $10, updated_at = $11 WHERE account_id = $1 AND subscription_id = $2;

-- name: subscription_delete
-- A subscription goes.
-- in: account_id int, subscription_id int
DELETE FROM subscription WHERE account_id = $1 AND subscription_id = $2;

-- name: subscription_find
-- One subscription with its destination's address.
-- in: account_id int, subscription_id int
-- out: subscription_id int, name text, source int, source_id int, destination_id int, codes int, delay_ms int, is_enabled int
-- out: settings text, created_at int, updated_at int, address text, connection_id int, link int
SELECT s.subscription_id, s.name, s.source, s.source_id, s.destination_id, s.codes, s.delay_ms, s.is_enabled, s.settings, s.created_at,
 s.updated_at, d.address, d.connection_id, d.link FROM subscription s JOIN destination d ON d.account_id = $1 AND d.destination_id = s.destination_id
 WHERE s.account_id = $1 AND s.subscription_id = $2;

-- name: subscription_page
-- Subscriptions of a kind of source, or of one source (0: all of the kind), newest first.
-- in: account_id int, source int, source_id int
-- out: subscription_id int, name text, source int, source_id int, destination_id int, codes int, delay_ms int, is_enabled int
-- out: settings text, created_at int, updated_at int, address text, connection_id int, link int
SELECT s.subscription_id, s.name, s.source, s.source_id, s.destination_id, s.codes, s.delay_ms, s.is_enabled, s.settings, s.created_at,
 s.updated_at, d.address, d.connection_id, d.link FROM subscription s JOIN destination d ON d.account_id = $1 AND d.destination_id = s.destination_id
 WHERE s.account_id = $1 AND s.source = $2 AND ($3 = 0 OR s.source_id = $3) ORDER BY s.subscription_id DESC;

-- name: subscription_of_connection
-- Those that are told to a connection, newest first.
-- in: account_id int, connection_id int
-- out: as subscription_find
SELECT s.subscription_id, s.name, s.source, s.source_id, s.destination_id, s.codes, s.delay_ms, s.is_enabled, s.settings, s.created_at,
 s.updated_at, d.address, d.connection_id, d.link FROM subscription s JOIN destination d ON d.account_id = $1 AND d.destination_id = s.destination_id
 WHERE s.account_id = $1 AND d.connection_id = $2 ORDER BY s.subscription_id DESC;

-- name: subscription_of_account
-- The first of an account.
-- in: account_id int
-- out: subscription_id int
SELECT subscription_id FROM subscription WHERE account_id = $1 ORDER BY subscription_id LIMIT 1;

-- name: subscription_of_source
-- One of those that are told of a source.
-- in: account_id int, source int, source_id int
-- out: subscription_id int
SELECT subscription_id FROM subscription WHERE account_id = $1 AND source = $2 AND source_id = $3 LIMIT 1;

-- name: subscription_serve
-- What a delivery needs of its subscription.
-- in: account_id int, subscription_id int
-- out: settings text
SELECT settings FROM subscription WHERE account_id = $1 AND subscription_id = $2;

-- ---- destinations ----

-- name: destination_insert
-- A new destination, open and asleep.
-- in: account_id int, destination_id int, link int, connection_id int, address text, sealed blob, state int, window_size int, created_at int
INSERT INTO destination (account_id, destination_id, link, connection_id, address, sealed, state, window_size, created_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: destination_by_address
-- The destination of a link at an address.
-- in: account_id int, link int, address text
-- out: destination_id int, state int
SELECT destination_id, state FROM destination WHERE account_id = $1 AND link = $2 AND address = $3 AND connection_id IS NULL LIMIT 1;

-- name: destination_by_connection
-- The destination of a connection.
-- in: account_id int, connection_id int
-- out: destination_id int, state int
SELECT destination_id, state FROM destination WHERE account_id = $1 AND connection_id = $2;

-- name: destination_relabel
-- What people read where an address would stand.
-- in: account_id int, destination_id int, address text
UPDATE destination SET address = $3 WHERE account_id = $1 AND destination_id = $2;

-- name: destination_delete
-- Its connection is gone, and so are its subscriptions and deliveries.
-- in: account_id int, destination_id int
DELETE FROM destination WHERE account_id = $1 AND destination_id = $2;

-- name: destination_delete_connected
-- The account is being deleted, and its subscriptions are gone.
-- in: account_id int
DELETE FROM destination WHERE account_id = $1 AND connection_id IS NOT NULL;

-- name: destination_subscriptions
-- Who sends there.
-- in: account_id int, destination_id int
-- out: subscription_id int
SELECT subscription_id FROM subscription WHERE account_id = $1 AND destination_id = $2;

-- name: destination_find
-- One destination as it is to be served.
-- in: account_id int, destination_id int
-- out: link int, connection_id int, address text, sealed blob, state int, window_size int, paused_until int, failing_since int, lease_node int
-- out: lease_until int, n_opened int
SELECT link, connection_id, address, sealed, state, window_size, paused_until, failing_since, lease_node, lease_until, n_opened FROM destination
 WHERE account_id = $1 AND destination_id = $2;

-- name: destination_seal
-- Another secret.
-- in: account_id int, destination_id int, sealed blob
UPDATE destination SET sealed = $3 WHERE account_id = $1 AND destination_id = $2;

-- name: destination_every
-- An account's destinations with what waits in them.
-- in: account_id int
-- out: destination_id int, link int, connection_id int, address text, state int, paused_until int, failing_since int, last_error text
-- out: created_at int, n_waiting int, n_given_up int
SELECT d.destination_id, d.link, d.connection_id, d.address, d.state, d.paused_until, d.failing_since, d.last_error, d.created_at,
 (SELECT count(*) FROM delivery q WHERE q.account_id = $1 AND q.destination_id = d.destination_id AND q.due_at < 9223372036854775807) AS n_waiting,
 (SELECT count(*) FROM delivery q WHERE q.account_id = $1 AND q.destination_id = d.destination_id AND q.due_at = 9223372036854775807) AS n_given_up
 FROM destination d WHERE d.account_id = $1 ORDER BY d.destination_id;

-- name: destination_delete_unused
-- A destination that nothing points at goes.
-- in: account_id int, destination_id int
DELETE FROM destination WHERE account_id = $1 AND destination_id = $2 AND connection_id IS NULL
 AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = $1 AND s.destination_id = $2)
 AND NOT EXISTS (SELECT 1 FROM delivery q WHERE q.account_id = $1 AND q.destination_id = $2);

-- name: destination_wake
-- It has something to do; changes nothing while it is awake.
-- in: account_id int, destination_id int
UPDATE destination SET awake = 1 WHERE account_id = $1 AND destination_id = $2 AND awake = 0;

-- name: destination_due
-- across accounts: the scheduler looks for work of everybody
-- Awake destinations that nobody serves.
-- in: now int, n int
-- out: account_id int, destination_id int
SELECT account_id, destination_id FROM destination WHERE awake = 1 AND lease_until < $1 AND state = 0 AND paused_until <= $1 LIMIT $2;

-- name: destination_holder
-- Who holds it, or held it and did not give it back; NULL: nobody.
-- in: account_id int, destination_id int
-- out: lease_node int
SELECT lease_node FROM destination WHERE account_id = $1 AND destination_id = $2;

-- name: destination_lease
-- Takes it, or takes it again.
-- in: account_id int, destination_id int, node int, until int, now int
-- out: link int
UPDATE destination SET awake = 1, lease_node = $3, lease_until = $4 WHERE account_id = $1 AND destination_id = $2
 AND (lease_until < $5 OR lease_node = $3) AND state = 0 RETURNING link;

-- name: destination_renew
-- across accounts: one statement for all that this node holds
-- All leases of a node.
-- in: node int, until int
UPDATE destination SET lease_until = $2 WHERE awake = 1 AND lease_node = $1 AND lease_until > 0;

-- name: destination_free_all
-- across accounts: what this node held before its last end
-- A node that starts holds nothing. That it did not give back what it held stays to be seen.
-- in: node int
UPDATE destination SET lease_until = 0 WHERE awake = 1 AND lease_node = $1;

-- name: destination_free
-- Gives it back, still awake; with attempts of which nothing is written, the next one sees who held it.
-- in: account_id int, destination_id int, node int, has_unwritten int
UPDATE destination SET lease_node = CASE WHEN $4 = 1 THEN lease_node END, lease_until = 0
 WHERE account_id = $1 AND destination_id = $2 AND lease_node = $3;

-- name: destination_sleep
-- Gives it back and lets it sleep, when nothing waits.
-- in: account_id int, destination_id int, node int
UPDATE destination SET awake = 0, lease_node = NULL, lease_until = 0 WHERE account_id = $1 AND destination_id = $2 AND lease_node = $3
 AND NOT EXISTS (SELECT 1 FROM delivery q WHERE q.account_id = $1 AND q.destination_id = $2 AND q.due_at < 9223372036854775807);

-- name: destination_forgotten
-- across accounts: the sweep, for what slipped by on another node
-- Destinations that sleep beside waiting deliveries.
-- in: n int
-- out: account_id int, destination_id int
SELECT d.account_id, d.destination_id FROM destination d WHERE d.awake = 0 AND d.state = 0 AND EXISTS (SELECT 1 FROM delivery q
 WHERE q.account_id = d.account_id AND q.destination_id = d.destination_id AND q.due_at < 9223372036854775807) LIMIT $1;

-- name: destination_is_ours
-- Does this node hold it?
-- in: account_id int, destination_id int, node int
-- out: state int, paused_until int, failing_since int, n_opened int
SELECT state, paused_until, failing_since, n_opened FROM destination WHERE account_id = $1 AND destination_id = $2 AND lease_node = $3;

-- name: destination_mark
-- What its attempts say of it. Of one that is closed already the error stays what closed it: none, when it was a person.
-- in: account_id int, destination_id int, state int, paused_until int, failing_since int, last_error text
UPDATE destination SET state = $3, paused_until = $4, failing_since = $5,
 last_error = CASE WHEN state <> 0 THEN last_error WHEN $5 IS NULL THEN $6 ELSE coalesce($6, last_error) END
 WHERE account_id = $1 AND destination_id = $2;

-- name: destination_set
-- A person opens, pauses or disables it.
-- in: account_id int, destination_id int, state int
UPDATE destination SET state = $3, paused_until = 0, failing_since = NULL, last_error = NULL, awake = 1, n_opened = n_opened + 1 WHERE account_id = $1 AND destination_id = $2;

-- name: destination_reopen
-- Open again, whatever attempts have closed; what a person has closed stays so, who leaves no error there. The other side's wish for a rest stays.
-- in: account_id int, destination_id int
UPDATE destination SET state = 0, last_error = CASE WHEN state = 0 THEN last_error END, awake = 1, n_opened = n_opened + 1
 WHERE account_id = $1 AND destination_id = $2 AND (state = 0 OR last_error IS NOT NULL);

-- ---- deliveries ----

-- name: delivery_insert
-- append
-- One event for one subscription.
-- in: account_id int, destination_id int, due_at int, delivery_id int, subscription_id int, source int, source_id int, event_id int
-- in: person_id int, first_due_at int
INSERT INTO delivery (account_id, destination_id, due_at, delivery_id, subscription_id, source, source_id, event_id, person_id, first_due_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: delivery_due
-- What waits in a destination, in the order in which it is due.
-- in: account_id int, destination_id int, n int
-- out: due_at int, delivery_id int, subscription_id int, source int, source_id int, event_id int, person_id int, attempt int, first_due_at int
-- out: last_result int, sent_mark text
SELECT due_at, delivery_id, subscription_id, source, source_id, event_id, person_id, attempt, first_due_at, last_result, sent_mark FROM delivery
 WHERE account_id = $1 AND destination_id = $2 AND due_at < 9223372036854775807 ORDER BY due_at, delivery_id LIMIT $3;

-- name: delivery_page
-- Waiting or given-up deliveries of a destination, for people.
-- in: account_id int, destination_id int, from_due int, to_due int, skip int, n int
-- out: delivery_id int, subscription_id int, event_id int, due_at int, attempt int, first_due_at int, last_result int, last_error text
SELECT delivery_id, subscription_id, event_id, due_at, attempt, first_due_at, last_result, last_error FROM delivery
 WHERE account_id = $1 AND destination_id = $2 AND due_at >= $3 AND due_at <= $4 ORDER BY due_at, delivery_id LIMIT $6 OFFSET $5;

-- name: delivery_retries
-- Does anything in this destination wait for another attempt? (The + keeps the engine off the queue itself, which may be long.)
-- in: account_id int, destination_id int
-- out: delivery_id int
SELECT delivery_id FROM delivery WHERE +account_id = $1 AND destination_id = $2 AND attempt > 0 AND due_at < 9223372036854775807 LIMIT 1;

-- name: delivery_older
-- An older delivery of the same order key that waits for another attempt and may still hold its key.
-- in: account_id int, destination_id int, person_id int, subscription_id int, source_id int, delivery_id int, first_after int
-- out: due_at int, first_due_at int
SELECT due_at, first_due_at FROM delivery WHERE +account_id = $1 AND destination_id = $2 AND person_id = $3 AND subscription_id = $4
 AND source_id = $5 AND delivery_id < $6 AND attempt > 0 AND due_at < 9223372036854775807 AND first_due_at > $7
 ORDER BY due_at DESC LIMIT 1;

-- name: delivery_delete
-- Delivered, or taken back.
-- in: account_id int, destination_id int, due_at int, delivery_id int
DELETE FROM delivery WHERE account_id = $1 AND destination_id = $2 AND due_at = $3 AND delivery_id = $4;

-- name: delivery_move
-- To its next attempt, or to the end of all time: given up.
-- in: account_id int, destination_id int, due_at int, delivery_id int, to_due_at int, attempt int, first_due_at int, last_result int
-- in: last_error text, sent_mark text, given_up_at int
UPDATE delivery SET due_at = $5, attempt = $6, first_due_at = $7, last_result = $8, last_error = $9, sent_mark = coalesce($10, sent_mark), given_up_at = $11
 WHERE account_id = $1 AND destination_id = $2 AND due_at = $3 AND delivery_id = $4;

-- name: delivery_postpone
-- Behind the one that holds its key.
-- in: account_id int, destination_id int, due_at int, delivery_id int, to_due_at int
UPDATE delivery SET due_at = $5 WHERE account_id = $1 AND destination_id = $2 AND due_at = $3 AND delivery_id = $4;

-- name: delivery_find
-- One delivery, by hand: walks its destination's queue.
-- in: account_id int, destination_id int, delivery_id int
-- out: due_at int, source int, source_id int, event_id int, attempt int
SELECT due_at, source, source_id, event_id, attempt FROM delivery WHERE account_id = $1 AND destination_id = $2 AND delivery_id = $3 LIMIT 1;

-- name: delivery_redrive
-- Given-up deliveries with numbers up to one are due now, with a new ladder.
-- in: account_id int, destination_id int, first_id int, last_id int, due_at int
UPDATE delivery SET due_at = $5, attempt = 0, first_due_at = $5, last_result = 0, last_error = NULL, given_up_at = NULL WHERE account_id = $1 AND destination_id = $2
 AND due_at = 9223372036854775807 AND delivery_id >= $3 AND delivery_id <= $4;

-- name: delivery_given_up
-- The n-th given-up delivery of a destination.
-- in: account_id int, destination_id int, skip int
-- out: delivery_id int
SELECT delivery_id FROM delivery WHERE account_id = $1 AND destination_id = $2 AND due_at = 9223372036854775807
 ORDER BY delivery_id LIMIT 1 OFFSET $3;

-- name: delivery_remove_of
-- What waits for a subscription goes with it.
-- in: account_id int, destination_id int, subscription_id int
DELETE FROM delivery WHERE account_id = $1 AND destination_id = $2 AND subscription_id = $3;

-- name: delivery_readdress
-- A subscription's deliveries follow it to another destination.
-- in: account_id int, destination_id int, subscription_id int, to_destination_id int
UPDATE delivery SET destination_id = $4 WHERE account_id = $1 AND destination_id = $2 AND subscription_id = $3;

-- name: delivery_trim
-- across accounts: the house's own age of logs
-- Those that were given up first.
-- in: before int, n int
DELETE FROM delivery WHERE (account_id, destination_id, due_at, delivery_id) IN
 (SELECT account_id, destination_id, due_at, delivery_id FROM delivery WHERE given_up_at < $1 ORDER BY given_up_at LIMIT $2);

-- ---- the log of attempts ----

-- name: delivery_log_insert
-- append
-- What came of an attempt.
-- in: log_id int, account_id int, destination_id int, delivery_id int, source int, source_id int, event_id int, attempt int, result int
-- in: http_status int, took_ms int, answer text
INSERT INTO delivery_log (log_id, account_id, destination_id, delivery_id, source, source_id, event_id, attempt, result, http_status, took_ms,
 answer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: delivery_log_page
-- Attempts of an account, newest first.
-- in: account_id int, before int, n int
-- out: log_id int, delivery_id int, event_id int, attempt int, result int, http_status int, took_ms int, answer text
SELECT log_id, delivery_id, event_id, attempt, result, http_status, took_ms, answer FROM delivery_log
 WHERE account_id = $1 AND log_id < $2 ORDER BY log_id DESC LIMIT $3;

-- name: delivery_log_of
-- Attempts of a destination, newest first.
-- in: account_id int, destination_id int, before int, n int
-- out: log_id int, delivery_id int, event_id int, attempt int, result int, http_status int, took_ms int, answer text
SELECT log_id, delivery_id, event_id, attempt, result, http_status, took_ms, answer FROM delivery_log
 WHERE account_id = $1 AND destination_id = $2 AND log_id < $3 ORDER BY log_id DESC LIMIT $4;

-- name: delivery_log_failures
-- How many attempts of a destination failed since, counted to three at most.
-- in: account_id int, destination_id int, since int
-- out: n int
SELECT count(*) AS n FROM (SELECT 1 FROM delivery_log WHERE account_id = $1 AND destination_id = $2 AND log_id > $3 LIMIT 3) AS few;

-- name: delivery_log_trim
-- across accounts: the house's own age of logs
-- The oldest rows of the log.
-- in: before int, n int
DELETE FROM delivery_log WHERE log_id IN (SELECT log_id FROM delivery_log WHERE log_id < $1 ORDER BY log_id LIMIT $2);
