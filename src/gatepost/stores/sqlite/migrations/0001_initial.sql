-- The first layout. Ids are the 16 bytes of their UUIDv7; times are milliseconds since 1970 UTC.
-- A tenant leads every row. `seal_key` names the key that sealed the column beside it; NULL: not sealed.

CREATE TABLE totals (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    commits      INTEGER NOT NULL DEFAULT 0,
    seq          INTEGER NOT NULL DEFAULT 0,
    accepted     INTEGER NOT NULL DEFAULT 0,
    delivered    INTEGER NOT NULL DEFAULT 0,
    dead         INTEGER NOT NULL DEFAULT 0,
    backlog      INTEGER NOT NULL DEFAULT 0,
    payload_bytes INTEGER NOT NULL DEFAULT 0,
    deliveries   INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0
);
INSERT INTO totals (one) VALUES (1);

CREATE TABLE tenants (
    id           BLOB PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    suspended_at INTEGER
) WITHOUT ROWID;

CREATE TABLE api_keys (
    tenant     BLOB NOT NULL,
    id         BLOB NOT NULL,
    name       TEXT NOT NULL,
    start      TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    pepper     INTEGER NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;

CREATE TABLE endpoints (
    tenant    BLOB NOT NULL,
    id        BLOB NOT NULL,
    seal_key  BLOB,
    document  BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;

-- The log of everything accepted: seq only grows.
CREATE TABLE notifications (
    seq          INTEGER PRIMARY KEY,
    tenant       BLOB NOT NULL,
    id           BLOB NOT NULL,
    producer_id  TEXT,
    topic        TEXT NOT NULL,
    type         TEXT NOT NULL,
    ordering_key TEXT,
    collapse_key TEXT,
    accepted_at  INTEGER NOT NULL,
    deliver_at   INTEGER,
    expires_at   INTEGER,
    fanout       INTEGER NOT NULL,
    fingerprint  BLOB NOT NULL,
    seal_key     BLOB,
    payload      BLOB
);
CREATE UNIQUE INDEX notifications_by_id ON notifications (tenant, id);
CREATE UNIQUE INDEX notifications_by_producer_id ON notifications (tenant, producer_id) WHERE producer_id IS NOT NULL;
CREATE INDEX notifications_by_collapse_key ON notifications (tenant, topic, collapse_key) WHERE collapse_key IS NOT NULL;

CREATE TABLE deliveries (
    tenant       BLOB NOT NULL,
    notification INTEGER NOT NULL,
    endpoint     BLOB NOT NULL,
    state        INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    spent        INTEGER NOT NULL,
    PRIMARY KEY (notification, endpoint)
) WITHOUT ROWID;
-- The due index: only what is still open (waiting 0, sending 1) is in it, so it stays small and hot.
CREATE INDEX deliveries_open ON deliveries (tenant, endpoint, state, due_at) WHERE state < 2;
CREATE INDEX deliveries_dead ON deliveries (tenant, endpoint, notification) WHERE state = 3;

CREATE TABLE attempts (
    tenant       BLOB NOT NULL,
    notification INTEGER NOT NULL,
    endpoint     BLOB NOT NULL,
    number       INTEGER NOT NULL,
    id           BLOB NOT NULL,
    at           INTEGER NOT NULL,
    duration_ms  INTEGER NOT NULL,
    status       INTEGER,
    error        TEXT,
    answer       BLOB NOT NULL,
    detail       TEXT NOT NULL,
    PRIMARY KEY (notification, endpoint, number)
) WITHOUT ROWID;

-- A rowid table: its order is the order of expiry, so old keys are removed from the front.
CREATE TABLE idempotency (
    seq         INTEGER PRIMARY KEY,
    tenant      BLOB NOT NULL,
    digest      BLOB NOT NULL UNIQUE,
    fingerprint BLOB NOT NULL,
    answer      BLOB NOT NULL,
    expires_at  INTEGER NOT NULL
);
