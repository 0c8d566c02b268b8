-- Part B: what the projector makes of the topic media.events. The invoices are written from usage.
CREATE TABLE account_plans (
  account_id text PRIMARY KEY,
  plan text NOT NULL
);

CREATE TABLE usage (
  account_id text NOT NULL,
  day date NOT NULL,
  plan text NOT NULL,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (account_id, day, plan)
);
