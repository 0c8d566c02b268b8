-- The preferred offer is a fact of the product, which has room for one. No index has to say so.
-- '' is "everywhere else": a key has no nulls.
CREATE TABLE offers (
  product_id  bigint NOT NULL REFERENCES products ON DELETE CASCADE,
  supplier_id bigint NOT NULL REFERENCES suppliers,
  country     text   NOT NULL CHECK (country ~ '^([A-Z]{2})?$'),
  cost_cents  bigint NOT NULL CHECK (cost_cents >= 0),
  PRIMARY KEY (product_id, supplier_id, country)
);
INSERT INTO offers (product_id, supplier_id, country, cost_cents)
SELECT product_id, supplier_id, coalesce(country, ''), cost_cents FROM contract.offers;

ALTER TABLE products ADD preferred_supplier bigint, ADD preferred_country text;
UPDATE products p SET preferred_supplier = o.supplier_id, preferred_country = coalesce(o.country, '')
  FROM contract.offers o WHERE o.product_id = p.id AND o.preferred;
ALTER TABLE products
  ADD FOREIGN KEY (id, preferred_supplier, preferred_country) REFERENCES offers
    ON DELETE SET NULL (preferred_supplier, preferred_country);

CREATE OR REPLACE VIEW contract.offers AS
SELECT o.product_id, o.supplier_id, nullif(o.country, '') AS country, o.cost_cents,
       p.preferred_supplier IS NOT DISTINCT FROM o.supplier_id
         AND p.preferred_country IS NOT DISTINCT FROM o.country AS preferred
  FROM offers o JOIN products p ON p.id = o.product_id;
ALTER TABLE products DROP COLUMN offers;

-- Makes an offer preferred, or not. The row of the product is the lock.
CREATE FUNCTION set_preferred(product bigint, supplier bigint, place text, wanted boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  p products;
BEGIN
  IF wanted IS NULL THEN
    RAISE not_null_violation USING MESSAGE = 'preferred must be true or false';
  END IF;
  SELECT * INTO p FROM products WHERE id = product FOR UPDATE;
  IF wanted AND p.preferred_supplier IS NOT NULL
     AND (p.preferred_supplier, p.preferred_country) IS DISTINCT FROM (supplier, place) THEN
    RAISE unique_violation USING MESSAGE = 'the product has a preferred offer already';
  END IF;
  IF wanted THEN
    UPDATE products SET preferred_supplier = supplier, preferred_country = place WHERE id = product;
  ELSIF (p.preferred_supplier, p.preferred_country) = (supplier, place) THEN
    UPDATE products SET preferred_supplier = NULL, preferred_country = NULL WHERE id = product;
  END IF;
END $$;

CREATE FUNCTION write_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Inside, '' is "everywhere else". Purchasing says null.
  IF TG_OP <> 'DELETE' AND NEW.country = '' THEN
    RAISE check_violation USING MESSAGE = 'a country has two capital letters';
  END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO offers (product_id, supplier_id, country, cost_cents)
    VALUES (NEW.product_id, NEW.supplier_id, coalesce(NEW.country, ''), NEW.cost_cents);
  ELSIF TG_OP = 'UPDATE' THEN
    -- It may become another product's.
    PERFORM set_preferred(OLD.product_id, OLD.supplier_id, coalesce(OLD.country, ''), false);
    UPDATE offers SET product_id = NEW.product_id, supplier_id = NEW.supplier_id,
                      country = coalesce(NEW.country, ''), cost_cents = NEW.cost_cents
     WHERE product_id = OLD.product_id AND supplier_id = OLD.supplier_id
       AND country = coalesce(OLD.country, '');
  ELSE
    DELETE FROM offers
     WHERE product_id = OLD.product_id AND supplier_id = OLD.supplier_id
       AND country = coalesce(OLD.country, '');
    RETURN OLD;
  END IF;
  PERFORM set_preferred(NEW.product_id, NEW.supplier_id, coalesce(NEW.country, ''), NEW.preferred);
  RETURN NEW;
END $$;
CREATE TRIGGER write_offer INSTEAD OF INSERT OR UPDATE OR DELETE ON contract.offers
  FOR EACH ROW EXECUTE FUNCTION write_offer();

-- A product off sale gives its SKU away, and keeps it as text. Its documents have it anyway.
ALTER TABLE products ADD on_sale boolean DEFAULT true CHECK (on_sale);
CREATE UNIQUE INDEX products_sku ON products (upper(sku), on_sale);
