-- The charge is its own claim: one row for each key of an account.
ALTER TABLE charges
  ADD COLUMN outcome      text CHECK (outcome IN ('succeeded', 'declined')),
  ADD COLUMN leased_until timestamptz,
  ADD COLUMN leases       integer NOT NULL DEFAULT 1,
  ADD COLUMN events       text[] NOT NULL DEFAULT '{}';

CREATE UNIQUE INDEX charges_one_per_key ON charges (account_id, idempotency_key);
CREATE INDEX charges_open ON charges (leased_until) WHERE outcome IS NULL AND leased_until IS NOT NULL;
DROP INDEX charges_idempotency_key;
