-- Durable subscriptions: a named place in the log.
CREATE TABLE subscriptions (
    tenant          BLOB NOT NULL,
    name            TEXT NOT NULL,
    topics          TEXT NOT NULL,
    epoch           TEXT NOT NULL,
    acknowledged    INTEGER NOT NULL,
    delivered       INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    used_at         INTEGER NOT NULL,
    acknowledged_at INTEGER,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID;
