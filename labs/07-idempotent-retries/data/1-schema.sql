-- Finance and support read this table: its columns keep their names and their meaning.
CREATE TABLE charges (
  id                 uuid        PRIMARY KEY,
  account_id         bigint      NOT NULL,
  idempotency_key    text,
  amount             integer     NOT NULL CHECK (amount > 0),
  currency           text        NOT NULL,
  source             text        NOT NULL,
  metadata           jsonb       NOT NULL DEFAULT '{}',
  status             text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'declined', 'refunded')),
  decline_code       text,
  provider_charge_id text,
  refunded           integer     NOT NULL DEFAULT 0,
  created_at         timestamptz NOT NULL DEFAULT now()
);
