-- The log as a stream: its identity, and the newest place from which something was removed.
CREATE TABLE log (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL
);
INSERT INTO log (one, epoch) VALUES (1, lower(hex(randomblob(8))));
ALTER TABLE totals ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
