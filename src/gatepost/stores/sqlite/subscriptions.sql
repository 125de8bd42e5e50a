-- name: subscriptions
SELECT tenant, name, topics, epoch, acknowledged, delivered, created_at, used_at, acknowledged_at
FROM subscriptions WHERE tenant = ? ORDER BY name

-- name: subscription
SELECT tenant, name, topics, epoch, acknowledged, delivered, created_at, used_at, acknowledged_at
FROM subscriptions WHERE tenant = ? AND name = ?

-- name: change_topics
UPDATE subscriptions SET topics = :topics, used_at = :used_at WHERE tenant = :tenant AND name = :name

-- name: count
SELECT count(*) FROM subscriptions WHERE tenant = ?

-- name: insert
INSERT INTO subscriptions (tenant, name, topics, epoch, acknowledged, delivered, created_at, used_at)
VALUES (:tenant, :name, :topics, :epoch, :acknowledged, :delivered, :created_at, :used_at)

-- name: delete
DELETE FROM subscriptions WHERE tenant = ? AND name = ?

-- name: acknowledge
UPDATE subscriptions
SET acknowledged = :seq, delivered = CASE epoch WHEN :epoch THEN max(delivered, :seq) ELSE :seq END, epoch = :epoch,
    acknowledged_at = :at, used_at = max(used_at, :at)
WHERE tenant = :tenant AND name = :name AND (epoch <> :epoch OR acknowledged < :seq)

-- name: note_progress
UPDATE subscriptions
SET delivered = max(delivered, :delivered), acknowledged = max(acknowledged, :settled), used_at = max(used_at, :at)
WHERE tenant = :tenant AND name = :name AND epoch = :epoch

-- name: forget
DELETE FROM subscriptions WHERE used_at < ?
