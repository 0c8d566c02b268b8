CREATE TABLE tenants (
  id   integer PRIMARY KEY,
  name text    NOT NULL
);

CREATE TABLE users (
  id          text        PRIMARY KEY,
  email       text        NOT NULL,
  disabled_at timestamptz                          -- null: may sign in
);

CREATE TABLE memberships (
  user_id   text    NOT NULL REFERENCES users,
  tenant_id integer NOT NULL REFERENCES tenants,
  role      text    NOT NULL CHECK (role IN ('viewer', 'accountant', 'admin')),
  PRIMARY KEY (user_id, tenant_id)
);

CREATE TABLE invoices (
  id          integer PRIMARY KEY,
  tenant_id   integer NOT NULL REFERENCES tenants,
  number      text    NOT NULL,
  status      text    NOT NULL CHECK (status IN ('open', 'paid', 'refunded')),
  total_cents integer NOT NULL CHECK (total_cents > 0),
  note        text    NOT NULL DEFAULT '',
  due_on      date    NOT NULL
);
CREATE INDEX ON invoices (tenant_id, id);

CREATE TABLE refunds (
  id           integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  invoice_id   integer     NOT NULL REFERENCES invoices,
  amount_cents integer     NOT NULL,
  refunded_by  text        NOT NULL REFERENCES users,
  created_at   timestamptz NOT NULL DEFAULT now()
);

-- Support writes here when a laptop was stolen.
CREATE TABLE token_revocations (
  jti        text        PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
