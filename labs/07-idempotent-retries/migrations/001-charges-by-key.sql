CREATE INDEX charges_idempotency_key ON charges (idempotency_key);
