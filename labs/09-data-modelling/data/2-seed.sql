-- Arithmetic only, so that every machine has the same rows. Each oddity is there for task 5:
--   customers 381 to 400 and products 241 to 250 are in the archive, and gone from the tables
--   invoice n % 40 = 0    its line 1 was exported twice
--   invoice n % 50 = 7    its line 1 has a second revision, with another price
--   invoice n % 80 = 6    its last line has a second revision that strikes it out
--   invoice n % 90 = 11   cancelled: STORNO on every row
--   invoice n % 37 = 5    its order is gone from the tables
--   orders 9001 to 9012   the pilot's: never sent, not in the archive
INSERT INTO customers (id, name, address)
SELECT c, 'Café Luna ' || c, 'Gran Vía ' || c || ', Madrid' FROM generate_series(1, 380) AS c;
INSERT INTO suppliers (id, name) SELECT s, 'Supplier ' || s FROM generate_series(1, 30) AS s;

-- Cents of product p in year y.
CREATE FUNCTION seed_price(p bigint, y integer) RETURNS integer IMMUTABLE LANGUAGE sql
  RETURN 150 + p * 7919 % 4000 + (y - 2023) * 37 + CASE WHEN p % 60 = 0 THEN 123450 ELSE 0 END;

INSERT INTO products (id, sku, name, price_cents, offers)
SELECT
  p,
  'TEA-' || lpad(p::text, 3, '0'),
  'Tea no. ' || p || ', new recipe',
  seed_price(p, 2026),
  CASE
    WHEN p % 17 = 0 THEN '[]'
    ELSE jsonb_build_array(
      jsonb_build_object('supplierId', 1 + p % 30, 'country', NULL,
                         'costCents', seed_price(p, 2025) / 2, 'preferred', p % 5 <> 0),
      jsonb_build_object('supplierId', 1 + p % 30, 'country', 'PT',
                         'costCents', seed_price(p, 2025) / 3, 'preferred', p % 5 = 0),
      jsonb_build_object('supplierId', 1 + (p + 7) % 30, 'country', NULL,
                         'costCents', seed_price(p, 2024) / 2, 'preferred', false))
  END
FROM generate_series(1, 240) AS p;

INSERT INTO archive_lines
SELECT
  n, l, r,
  to_char(printed, 'DD.MM.YYYY HH24:MI'),
  CASE WHEN n % 90 = 11 THEN 'STORNO' ELSE '' END,
  c,
  CASE WHEN c % 10 = 0 THEN 'Bar Sol ' ELSE 'Café Luna ' END || c,
  'Calle Mayor ' || c % 90 + y - 2022 || ', Madrid',
  'TEA-' || lpad(p::text, 3, '0'),
  'Tea no. ' || p,
  CASE WHEN r = 2 AND l > 1 THEN 0 ELSE 1 + (n * 31 + l * 7) % 12 END,
  translate(
    to_char((seed_price(p, y) + CASE WHEN r = 2 THEN 25 ELSE 0 END) / 100.0, 'FM999,999,990.00'),
    ',.', '.,')
FROM (
  SELECT n, l, 1 + (n * 48271 + n / 7) % 400 AS c, 1 + (n * 16807 + l * 97) % 250 AS p, printed,
         extract(year FROM printed)::integer AS y
  FROM (
    -- 700 invoices of 2023, 800 of 2024, 6,500 of 2025, each year's spread over its 365 days. Not
    -- from 02:00 to 03:00, an hour that is missing or doubled when the clocks change.
    SELECT n,
           make_date(first, 1, 1) + (n - above) * 365 / many
             + make_interval(hours => (ARRAY[0, 1, 7, 8, 9, 11, 13, 16, 19, 23])[1 + n % 10],
                             mins => (n * 7 % 60)::integer) AS printed
    FROM (VALUES (2023, 1, 700), (2024, 701, 800), (2025, 1501, 6500)) AS years (first, above, many),
         generate_series(above, above + many - 1) AS n
  ),
  generate_series(1, 1 + n % 4) AS l
),
LATERAL (
  SELECT 1 AS r
  UNION ALL SELECT 1 WHERE n % 40 = 0 AND l = 1
  UNION ALL SELECT 2 WHERE n % 50 = 7 AND l = 1
  UNION ALL SELECT 2 WHERE n % 80 = 6 AND l = 1 + n % 4
) AS copies;

-- What the service made of them.
INSERT INTO orders (id, customer_id, placed_at)
SELECT DISTINCT number, customer_no,
       to_timestamp(printed_at, 'DD.MM.YYYY HH24:MI')::timestamp AT TIME ZONE 'Europe/Madrid'
  FROM archive_lines WHERE customer_no <= 380 AND number % 37 <> 5;
INSERT INTO orders (id, customer_id, placed_at)
SELECT n, 1 + n % 380, timestamptz '2025-12-01 09:00:00+00' FROM generate_series(9001, 9012) AS n;
INSERT INTO order_lines (order_id, line, product_id, quantity)
SELECT DISTINCT ON (number, line) number, line, p.id, quantity
  FROM archive_lines JOIN orders o ON o.id = number JOIN products p USING (sku)
 ORDER BY number, line, revision DESC;
DELETE FROM order_lines WHERE quantity = 0;
INSERT INTO order_lines (order_id, line, product_id, quantity)
SELECT n, 1, 1 + n % 240, 3 FROM generate_series(9001, 9012) AS n;

DROP FUNCTION seed_price;
ALTER TABLE customers ALTER COLUMN id RESTART WITH 1001;
ALTER TABLE suppliers ALTER COLUMN id RESTART WITH 1001;
ALTER TABLE products ALTER COLUMN id RESTART WITH 1001;
ALTER TABLE orders ALTER COLUMN id RESTART WITH 100001;
