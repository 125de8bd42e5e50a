-- name: insert_notification
INSERT INTO notifications (seq, tenant, id, producer_id, topic, type, ordering_key, collapse_key, accepted_at,
                           deliver_at, expires_at, fanout, fingerprint, seal_key, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)

-- name: insert_delivery
INSERT INTO deliveries (tenant, notification, endpoint, state, due_at, attempts, spent) VALUES (?, ?, ?, ?, ?, 0, 0)

-- name: insert_in_order
INSERT INTO deliveries (tenant, notification, endpoint, state, due_at, ordering_key, attempts, spent)
VALUES (?, ?, ?, ?, ?, ?, 0, 0)

-- name: last_of_key
SELECT state FROM deliveries INDEXED BY deliveries_in_order
WHERE tenant = ? AND endpoint = ? AND ordering_key = ? AND state < 2
ORDER BY notification DESC LIMIT 1

-- name: insert_attempt
INSERT OR IGNORE INTO attempts (tenant, notification, endpoint, number, id, at, duration_ms, status, error, answer,
                                detail)
SELECT d.tenant, d.notification, d.endpoint, made.column3, made.column4, made.column5, made.column6, made.column7,
       made.column8, made.column9, made.column10
FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)) AS made
CROSS JOIN deliveries d ON d.notification = made.column1 AND d.endpoint = made.column2 AND d.state = 1

-- name: step_delivery
UPDATE deliveries SET state = ?, due_at = ?, attempts = ?, spent = ?
WHERE notification = ? AND endpoint = ? AND state = 1

-- name: leave_order
UPDATE deliveries SET ordering_key = NULL WHERE notification = ? AND endpoint = ?

-- name: hold_back
UPDATE deliveries SET state = -1
WHERE tenant = ? AND endpoint = ? AND ordering_key = ? AND state < 2 AND state = 1 AND due_at >= 0 AND notification <> ?

-- name: advance
UPDATE deliveries SET state = 0
WHERE state = -1 AND endpoint = :endpoint AND notification = (
    SELECT min(notification) FROM deliveries INDEXED BY deliveries_in_order
    WHERE tenant = :tenant AND endpoint = :endpoint AND ordering_key = :key AND state < 2)

-- name: keys_of
SELECT tenant, endpoint, ordering_key FROM deliveries
WHERE ordering_key IS NOT NULL AND notification = (SELECT seq FROM notifications WHERE tenant = ? AND id = ?)

-- name: same_producer_ids
-- CROSS: one look into the index for each id, whatever the planner thinks of their number.
SELECT n.producer_id, n.id, n.fanout, n.fingerprint
FROM json_each(?) AS wanted CROSS JOIN notifications n ON n.tenant = ? AND n.producer_id = wanted.value

-- name: idempotent_answer
SELECT fingerprint, answer, expires_at FROM idempotency WHERE digest = ?

-- name: forget_idempotency
DELETE FROM idempotency WHERE digest = ?

-- name: insert_idempotency
INSERT INTO idempotency (tenant, digest, fingerprint, answer, expires_at) VALUES (?, ?, ?, ?, ?)

-- name: supersede
UPDATE deliveries SET state = 6
WHERE state <= 0 AND notification IN (
    SELECT seq FROM notifications WHERE tenant = ?1 AND topic = ?2 AND collapse_key = ?3 AND seq < ?4
    ORDER BY seq DESC LIMIT 100)
  AND EXISTS (SELECT 1 FROM deliveries n WHERE n.notification = ?4 AND n.endpoint = deliveries.endpoint)

-- name: supersede_late
-- A failed one that would be tried again, when a newer one is on its way to the same endpoint, or has been.
UPDATE deliveries AS own SET state = 6
WHERE notification = :seq AND endpoint = :endpoint AND state = 0 AND EXISTS (
    SELECT 1 FROM notifications n JOIN deliveries d ON d.notification = n.seq AND d.endpoint = own.endpoint
    WHERE n.tenant = :tenant AND n.topic = :topic AND n.collapse_key = :collapse_key AND n.seq > :seq)

-- name: keys_of_superseded
SELECT tenant, endpoint, ordering_key FROM deliveries
WHERE state = 6 AND ordering_key IS NOT NULL AND notification IN (
    SELECT seq FROM notifications WHERE tenant = ? AND topic = ? AND collapse_key = ? AND seq < ?
    ORDER BY seq DESC LIMIT 100)

-- name: due
SELECT 1, d.attempts - d.spent, d.spent, d.ordering_key, n.seq, n.tenant, n.id, n.producer_id, n.topic, n.type, n.ordering_key,
       n.collapse_key, n.accepted_at, n.deliver_at, n.expires_at, n.payload
FROM deliveries d JOIN notifications n ON n.seq = d.notification
WHERE d.tenant = :tenant AND d.endpoint = :endpoint AND d.state < 2 AND d.state = 0 AND d.due_at <= :now
ORDER BY d.due_at, d.notification LIMIT :limit

-- name: open_behind
SELECT d.state = -1 AND d.due_at <= :now, d.attempts - d.spent, d.spent, d.ordering_key, n.seq, n.tenant, n.id, n.producer_id, n.topic, n.type,
       n.ordering_key, n.collapse_key, n.accepted_at, n.deliver_at, n.expires_at, n.payload
FROM deliveries d JOIN notifications n ON n.seq = d.notification
WHERE d.tenant = :tenant AND d.endpoint = :endpoint AND d.ordering_key = :key AND d.state < 2 AND d.notification > :after
ORDER BY d.notification LIMIT :limit

-- name: give_up_unreadable
UPDATE deliveries SET state = 3 WHERE notification = ? AND endpoint = ? AND state <= 0

-- name: take_over
UPDATE deliveries SET state = 1 WHERE endpoint = ? AND notification IN (SELECT value FROM json_each(?))

-- name: notification_by_id
SELECT seq, tenant, id, producer_id, topic, type, ordering_key, collapse_key, accepted_at, deliver_at, expires_at,
       payload
FROM notifications WHERE tenant = ? AND id = ?

-- name: hold_claimed
UPDATE deliveries AS d SET state = -1
WHERE state < 2 AND state = 1 AND ordering_key IS NOT NULL AND EXISTS (
    SELECT 1 FROM deliveries e
    WHERE e.tenant = d.tenant AND e.endpoint = d.endpoint AND e.ordering_key = d.ordering_key AND e.state < 2
      AND e.notification < d.notification)

-- name: release_claimed
UPDATE deliveries SET state = 0 WHERE state < 2 AND state = 1

-- name: count_open
SELECT count(*) FROM deliveries WHERE state < 2

-- name: next_due
SELECT tenant, endpoint, min(due_at) FROM deliveries WHERE state < 2 AND state = 0 GROUP BY tenant, endpoint

-- name: next_due_of
-- In the order of the index: for min() where state = 0 the planner looks at every open row of the endpoint.
SELECT min(due_at) FROM (
    SELECT state, due_at FROM deliveries WHERE tenant = ? AND endpoint = ? AND state >= 0 AND state < 2
    ORDER BY state, due_at LIMIT 1)
WHERE state = 0

-- name: cancel_waiting
UPDATE deliveries SET state = 4
WHERE state <= 0 AND notification = (SELECT seq FROM notifications WHERE tenant = ? AND id = ?)

-- name: cancel_withdrawn
UPDATE deliveries SET state = 4
WHERE state = 1 AND endpoint = ? AND notification = (SELECT seq FROM notifications WHERE tenant = ? AND id = ?)

-- name: retry_closed
UPDATE deliveries SET state = 0, due_at = ?, spent = attempts
WHERE state = ? AND endpoint = ? AND notification = (SELECT seq FROM notifications WHERE tenant = ? AND id = ?)

-- name: candidates
SELECT n.id, n.seq, n.topic, n.type, n.expires_at, n.payload IS NOT NULL, d.state
FROM notifications n LEFT JOIN deliveries d ON d.notification = n.seq AND d.endpoint = :endpoint
WHERE n.tenant = :tenant AND n.id > :after AND n.id < :until
ORDER BY n.id LIMIT :limit

-- name: replayable
SELECT d.state, n.ordering_key
FROM notifications n LEFT JOIN deliveries d ON d.notification = n.seq AND d.endpoint = :endpoint
WHERE n.seq = :seq AND n.tenant = :tenant AND n.payload IS NOT NULL AND coalesce(d.state, 2) >= 2

-- name: replay
INSERT INTO deliveries (tenant, notification, endpoint, state, due_at, ordering_key, attempts, spent)
VALUES (?, ?, ?, ?, ?, ?, 0, 0)
ON CONFLICT (notification, endpoint) DO UPDATE
SET state = excluded.state, due_at = excluded.due_at, ordering_key = excluded.ordering_key, spent = attempts

-- name: clear_endpoint
UPDATE deliveries SET state = 4 WHERE tenant = ? AND endpoint = ? AND state < 2 AND state <= 0

-- name: deliveries_of
SELECT endpoint, state, due_at, attempts FROM deliveries WHERE notification = ? ORDER BY endpoint

-- name: attempts_of
SELECT endpoint, number, id, at, duration_ms, status, error, answer, detail FROM attempts WHERE notification = ?
ORDER BY endpoint, number

-- name: page
SELECT seq, tenant, id, producer_id, topic, type, ordering_key, collapse_key, accepted_at, deliver_at, expires_at,
       NULL
FROM notifications
WHERE tenant = :tenant AND id < :before AND id >= :since
  AND (:topic IS NULL OR topic = :topic) AND (:type IS NULL OR type = :type)
ORDER BY id DESC LIMIT :limit

-- name: page_end
SELECT id FROM notifications WHERE tenant = :tenant AND id < :before AND id >= :since
ORDER BY id DESC LIMIT 1 OFFSET :budget - 1

-- name: dead_page
SELECT n.id, n.topic, n.type, d.endpoint, d.state, d.due_at, d.attempts
FROM deliveries d JOIN notifications n ON n.seq = d.notification
WHERE d.tenant = :tenant AND d.endpoint = :endpoint AND d.state = 3 AND d.notification > :after
ORDER BY d.notification LIMIT :limit

-- name: parked_page
SELECT n.id, n.topic, n.type, d.endpoint, d.state, d.due_at, d.attempts
FROM deliveries d JOIN notifications n ON n.seq = d.notification
WHERE d.tenant = :tenant AND d.endpoint = :endpoint AND d.state = 7 AND d.notification > :after
ORDER BY d.notification LIMIT :limit

-- name: parked_by_tenant
SELECT tenant, count(*) FROM (
    SELECT tenant FROM deliveries INDEXED BY deliveries_parked WHERE state = 7 ORDER BY tenant LIMIT ?)
GROUP BY tenant

-- name: open_page
SELECT n.id, n.topic, n.type, d.endpoint, d.state, d.due_at, d.attempts
FROM deliveries d JOIN notifications n ON n.seq = d.notification
WHERE d.tenant = :tenant AND d.endpoint = :endpoint AND d.state < 2 AND d.notification > :after
ORDER BY d.notification LIMIT :limit

-- name: seq_of
SELECT seq FROM notifications WHERE tenant = ? AND id = ?

-- name: read_log
SELECT seq, tenant, id, producer_id, topic, type, ordering_key, collapse_key, accepted_at, deliver_at, expires_at,
       payload
FROM notifications WHERE seq > :after AND seq <= :until AND tenant = :tenant AND payload IS NOT NULL ORDER BY seq

-- name: forgotten
SELECT forgotten FROM totals

-- name: epoch
SELECT epoch FROM log

-- name: new_epoch
UPDATE log SET epoch = lower(hex(randomblob(8)))

-- name: window
SELECT max(seq), min(accepted_at)
FROM (SELECT seq, accepted_at FROM notifications WHERE seq > ? ORDER BY seq LIMIT ?)

-- name: prunable_payloads
SELECT coalesce(sum(length(payload)), 0), coalesce(max(seq), 0) FROM notifications n
WHERE seq > :from AND seq <= :to AND accepted_at < :before AND payload IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notification = n.seq AND d.state < 2)

-- name: prune_payloads
UPDATE notifications AS n SET payload = NULL
WHERE seq > :from AND seq <= :to AND accepted_at < :before AND payload IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notification = n.seq AND d.state < 2)

-- name: prune_attempts
DELETE FROM attempts WHERE notification > :from AND notification <= :to AND at < :before

-- name: prune_notifications
DELETE FROM notifications AS n
WHERE seq > :from AND seq <= :to AND accepted_at < :before
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notification = n.seq AND d.state < 2)

-- name: prune_deliveries
DELETE FROM deliveries WHERE notification > :from AND notification <= :to
  AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.seq = deliveries.notification)

-- name: prune_orphaned_attempts
DELETE FROM attempts WHERE notification > :from AND notification <= :to
  AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.seq = attempts.notification)

-- name: prune_idempotency
DELETE FROM idempotency WHERE seq IN (
    SELECT seq FROM (SELECT seq, expires_at FROM idempotency ORDER BY seq LIMIT ?) WHERE expires_at <= ?)
