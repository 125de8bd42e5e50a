-- Data keys of tenants, wrapped by the keyring. From here on payloads, answers and endpoints are sealed with them.
CREATE TABLE tenant_keys (
    tenant  BLOB NOT NULL,
    id      INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
