CREATE TABLE idempotency_keys (
  account_id   bigint      NOT NULL,
  key          text        NOT NULL,
  fingerprint  text        NOT NULL,
  charge_id    uuid        NOT NULL UNIQUE,
  -- in_progress: one process works on the key, and nobody else may.
  state        text        NOT NULL DEFAULT 'in_progress' CHECK (state IN ('in_progress', 'open')),
  claims       integer     NOT NULL DEFAULT 1,
  -- The final answer. Until there is one, the outcome is not known.
  status_code  integer,
  body         text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key)
);

CREATE INDEX idempotency_keys_open ON idempotency_keys (created_at) WHERE body IS NULL;
