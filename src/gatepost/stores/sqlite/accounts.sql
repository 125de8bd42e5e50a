-- name: insert_tenant
INSERT INTO tenants (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING

-- name: insert_tenant_key
INSERT INTO tenant_keys (tenant, id, wrapped) VALUES (?, 1, ?)

-- name: tenant_keys
SELECT tenant, wrapped FROM tenant_keys

-- name: rewrap_tenant_key
UPDATE tenant_keys SET wrapped = ? WHERE tenant = ?

-- name: destroy_tenant_key
DELETE FROM tenant_keys WHERE tenant = ?

-- name: tenants
SELECT id, name, created_at, suspended_at FROM tenants ORDER BY id

-- name: tenant
SELECT id, name, created_at, suspended_at FROM tenants WHERE id = ?

-- name: tenant_by_name
SELECT id, name, created_at, suspended_at FROM tenants WHERE name = ?

-- name: suspend_tenant
UPDATE tenants SET suspended_at = ? WHERE id = ?

-- name: insert_key
INSERT INTO api_keys (tenant, id, name, start, scopes, pepper, digest, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: keys
SELECT tenant, id, name, start, scopes, pepper, digest, created_at, expires_at, revoked_at
FROM api_keys WHERE tenant = ? ORDER BY id

-- name: key
SELECT tenant, id, name, start, scopes, pepper, digest, created_at, expires_at, revoked_at
FROM api_keys WHERE tenant = ? AND id = ?

-- name: key_by_digest
SELECT tenant, id, name, start, scopes, pepper, digest, created_at, expires_at, revoked_at
FROM api_keys WHERE digest = ?

-- name: revoke_key
UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE tenant = ? AND id = ?

-- name: count_keys
SELECT count(*) FROM api_keys

-- name: endpoints
SELECT tenant, id, document FROM endpoints ORDER BY tenant, id

-- name: put_endpoint
INSERT INTO endpoints (tenant, id, seal_key, document) VALUES (?, ?, 1, ?)
ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document

-- name: delete_endpoint
DELETE FROM endpoints WHERE tenant = ? AND id = ?

-- name: portion
SELECT seq, coalesce(length(payload), 0) FROM notifications WHERE tenant = ? LIMIT ?

-- name: destroy_open
DELETE FROM deliveries WHERE notification = ? AND state < 2

-- name: destroy_deliveries
DELETE FROM deliveries WHERE notification = ?

-- name: destroy_attempts
DELETE FROM attempts WHERE notification = ?

-- name: destroy_notification
DELETE FROM notifications WHERE seq = ?

-- name: destroy_idempotency
DELETE FROM idempotency WHERE tenant = ?

-- name: destroy_endpoints
DELETE FROM endpoints WHERE tenant = ?

-- name: destroy_subscriptions
DELETE FROM subscriptions WHERE tenant = ?

-- name: destroy_keys
DELETE FROM api_keys WHERE tenant = ?

-- name: destroy_tenant
DELETE FROM tenants WHERE id = ?
