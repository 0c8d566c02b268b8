CREATE TABLE checkouts (
  id         uuid        PRIMARY KEY,
  order_id   text        NOT NULL,
  amount     integer     NOT NULL CONSTRAINT amount_within_limit CHECK (amount <= 1000000),
  email      text        NOT NULL,
  street     text        NOT NULL,
  country    text        NOT NULL,
  card_last4 text        NOT NULL,
  state      text        NOT NULL DEFAULT 'requested',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shipments (
  checkout_id uuid        PRIMARY KEY REFERENCES checkouts (id),
  email       text        NOT NULL,
  street      text        NOT NULL,
  country     text        NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- The logistics team owns this check.
CREATE FUNCTION check_carrier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.country = 'AQ' THEN
    RAISE EXCEPTION 'no carrier goes to % in % for %', NEW.street, NEW.country, NEW.email
      USING HINT = 'Call logistics.';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER check_carrier BEFORE INSERT ON shipments
  FOR EACH ROW EXECUTE FUNCTION check_carrier();
