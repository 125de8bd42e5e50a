-- Strict order: the key whose order a delivery keeps; NULL: none. A held delivery (state -1) waits behind another one
-- of its key. Only what is open and in order is in the index, so the others cost nothing.
ALTER TABLE deliveries ADD COLUMN ordering_key TEXT;
CREATE INDEX deliveries_in_order ON deliveries (tenant, endpoint, ordering_key, notification)
WHERE ordering_key IS NOT NULL AND state < 2;
CREATE INDEX deliveries_parked ON deliveries (tenant, endpoint, notification) WHERE state = 7;
