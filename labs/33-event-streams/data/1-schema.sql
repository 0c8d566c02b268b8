-- The projection of the topic files.events. The invoices are made from usage.
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
