-- A list of changes: at each instant begins a price, or a time without one (null). The end of a price
-- is the next change, so two prices cannot overlap whatever is in the table.
CREATE TABLE price_changes (
  product_id bigint      NOT NULL REFERENCES products ON DELETE CASCADE,
  since      timestamptz NOT NULL CHECK (isfinite(since)),
  cents      bigint      CHECK (cents >= 0),
  PRIMARY KEY (product_id, since)
);
INSERT INTO price_changes (product_id, since, cents)
SELECT product_id, valid_from, cents FROM contract.prices;

CREATE OR REPLACE VIEW contract.prices AS
SELECT product_id, cents, since AS valid_from, until AS valid_to
  FROM (
    SELECT product_id, cents, since,
           lead(since) OVER (PARTITION BY product_id ORDER BY since) AS until
      FROM price_changes
  )
 WHERE cents IS NOT NULL;
ALTER TABLE products DROP COLUMN price_cents, ADD price_version bigint NOT NULL DEFAULT 0;

-- A price of another team's. The row of the product is the lock: of two writers, the second looks
-- when the first has committed. It is changed, and not only locked, so that a transaction whose
-- snapshot is older is refused.
CREATE FUNCTION write_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.cents IS NULL OR NEW.valid_from IS NULL THEN
    RAISE not_null_violation USING MESSAGE = 'a price has cents and a beginning';
  END IF;
  IF NEW.valid_to <= NEW.valid_from THEN
    RAISE check_violation USING MESSAGE = 'a price ends after it begins';
  END IF;
  UPDATE products SET price_version = price_version + 1 WHERE id = NEW.product_id;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'no such product';
  END IF;
  IF EXISTS (SELECT FROM contract.prices
              WHERE product_id = NEW.product_id
                AND tstzrange(valid_from, valid_to) && tstzrange(NEW.valid_from, NEW.valid_to)) THEN
    RAISE exclusion_violation USING MESSAGE = 'another price is valid then';
  END IF;
  -- The end first: if a price begins there already, it stays.
  IF NEW.valid_to IS NOT NULL THEN
    INSERT INTO price_changes (product_id, since, cents) VALUES (NEW.product_id, NEW.valid_to, NULL)
    ON CONFLICT DO NOTHING;
  END IF;
  INSERT INTO price_changes AS c (product_id, since, cents)
  VALUES (NEW.product_id, NEW.valid_from, NEW.cents)
  ON CONFLICT (product_id, since) DO UPDATE SET cents = EXCLUDED.cents;
  RETURN NEW;
END $$;
CREATE TRIGGER write_price INSTEAD OF INSERT ON contract.prices
  FOR EACH ROW EXECUTE FUNCTION write_price();
