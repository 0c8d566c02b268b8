-- Messages that are promised and not yet with the broker.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  exchange text NOT NULL,
  routing_key text NOT NULL,
  content bytea NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  due_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_due ON outbox (due_at, id);
