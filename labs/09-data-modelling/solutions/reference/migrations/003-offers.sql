CREATE TABLE offers (
  product_id  bigint  NOT NULL REFERENCES products,
  supplier_id bigint  NOT NULL REFERENCES suppliers,
  country     text    CHECK (country ~ '^[A-Z]{2}$'),
  cost_cents  bigint  NOT NULL CHECK (cost_cents >= 0),
  preferred   boolean NOT NULL,
  UNIQUE NULLS NOT DISTINCT (product_id, supplier_id, country)
);
CREATE UNIQUE INDEX offers_one_preferred ON offers (product_id) WHERE preferred;

INSERT INTO offers (product_id, supplier_id, country, cost_cents, preferred)
SELECT product_id, supplier_id, country, cost_cents, preferred FROM contract.offers;

CREATE OR REPLACE VIEW contract.offers AS
SELECT product_id, supplier_id, country, cost_cents, preferred FROM offers;
ALTER TABLE products DROP COLUMN offers;

CREATE UNIQUE INDEX products_sku_on_sale ON products (lower(sku)) WHERE retired_at IS NULL;
