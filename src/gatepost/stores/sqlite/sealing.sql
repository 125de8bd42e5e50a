-- name: tenants
SELECT id FROM tenants

-- name: insert_key
INSERT INTO tenant_keys (tenant, id, wrapped) VALUES (?, 1, ?)

-- name: clear_endpoints
SELECT tenant, id, document, tenant, id FROM endpoints

-- name: seal_endpoints
UPDATE endpoints SET seal_key = 1, document = ? WHERE tenant = ? AND id = ?

-- name: clear_payloads
SELECT tenant, id, payload, seq FROM notifications WHERE payload IS NOT NULL AND tenant IN (SELECT id FROM tenants)

-- name: seal_payloads
UPDATE notifications SET seal_key = 1, payload = ? WHERE seq = ?

-- name: clear_answers
SELECT tenant, id, answer, notification, endpoint, number FROM attempts
WHERE answer <> x'' AND tenant IN (SELECT id FROM tenants)

-- name: seal_answers
UPDATE attempts SET answer = ? WHERE notification = ? AND endpoint = ? AND number = ?

-- name: count_payload_bytes
UPDATE totals SET payload_bytes = (SELECT coalesce(sum(length(payload)), 0) FROM notifications)

-- name: clear_fingerprints
SELECT tenant, fingerprint, seq FROM notifications
WHERE producer_id IS NOT NULL AND tenant IN (SELECT id FROM tenants)

-- name: blind_fingerprints
UPDATE notifications SET fingerprint = ? WHERE seq = ?

-- name: clear_idempotency
SELECT tenant, fingerprint, seq FROM idempotency WHERE tenant IN (SELECT id FROM tenants)

-- name: blind_idempotency
UPDATE idempotency SET fingerprint = ? WHERE seq = ?
