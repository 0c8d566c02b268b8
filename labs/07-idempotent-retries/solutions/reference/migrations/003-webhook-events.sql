CREATE TABLE webhook_events (
  id          text        PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
