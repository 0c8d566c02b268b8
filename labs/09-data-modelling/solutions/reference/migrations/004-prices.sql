-- Lets a GiST index compare numbers with =.
CREATE EXTENSION btree_gist;

CREATE TABLE prices (
  product_id bigint      NOT NULL REFERENCES products,
  cents      bigint      NOT NULL CHECK (cents >= 0),
  valid_from timestamptz NOT NULL,
  valid_to   timestamptz CHECK (valid_from < valid_to),
  EXCLUDE USING gist (product_id WITH =, tstzrange(valid_from, valid_to) WITH &&)
);
INSERT INTO prices (product_id, cents, valid_from, valid_to)
SELECT product_id, cents, valid_from, valid_to FROM contract.prices;

CREATE OR REPLACE VIEW contract.prices AS
SELECT product_id, cents, valid_from, valid_to FROM prices;
ALTER TABLE products DROP COLUMN price_cents;
