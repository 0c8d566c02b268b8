CREATE TABLE idempotency_keys (
  account_id   bigint      NOT NULL,
  key          text        NOT NULL,
  fingerprint  text        NOT NULL,
  charge_id    uuid        NOT NULL UNIQUE,
  -- Until then one process works on the key, and nobody else may.
  locked_until timestamptz NOT NULL,
  claims       integer     NOT NULL DEFAULT 1,
  -- A call for it ended without a word.
  in_doubt     boolean     NOT NULL DEFAULT false,
  -- The final answer. Until there is one, the outcome is not known.
  status_code  integer,
  body         text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key)
);

CREATE INDEX idempotency_keys_open ON idempotency_keys (locked_until) WHERE body IS NULL;
