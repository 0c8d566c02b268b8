-- 1,000,000 orders of 400 days, 2,500 a day, in the order in which they were written. Arithmetic
-- only, so that every machine has the same rows. Each oddity is there for a task:
--   tenant 1    40 % of all orders; its failed ones are all in the first 60 days
--   tenant 500  left on day 19
--   tenant 600  20,000 orders imported over the months, all stamped with one instant
--   pending     3,000 of the import, and 3 in 10 of the last 20 days
--   emails      one customer types the same address in three ways
INSERT INTO orders (id, tenant_id, customer_id, status, total_cents, email, placed_at, meta)
SELECT
  n,
  tenant,
  tenant * 1000000::bigint + customer,
  CASE
    WHEN tenant = 600 THEN
      CASE WHEN dice < 15 THEN 'pending' WHEN dice < 20 THEN 'failed' WHEN dice < 60 THEN 'paid' ELSE 'shipped' END
    WHEN n > 950000 AND dice < 30 THEN 'pending'
    WHEN n > 950000 AND dice < 31 THEN 'processing'
    WHEN n <= 150000 AND dice < 3 THEN 'failed'
    WHEN dice < 60 THEN 'paid'
    ELSE 'shipped'
  END,
  500 + (n * 7919) % 40000,
  CASE n % 3
    WHEN 0 THEN 'ann' || tenant || '.' || customer || '@mail.test'
    WHEN 1 THEN 'Ann' || tenant || '.' || customer || '@Mail.test'
    ELSE        'ANN' || tenant || '.' || customer || '@MAIL.TEST'
  END,
  CASE
    WHEN tenant = 600 THEN timestamptz '2025-12-01 09:00:00+00'
    ELSE timestamptz '2025-01-01 00:00:00+00' + (n * 34560 + (n * 104729) % 34560) * interval '1 millisecond'
  END,
  CASE WHEN n % 4 = 0 THEN jsonb '{"via": "app"}' ELSE jsonb '{}' END
FROM (
  SELECT
    n,
    tenant,
    -- About eight orders a customer.
    (n * 16807 % 2147483647) % CASE WHEN tenant = 1 THEN 50000 WHEN tenant = 600 THEN 2503 ELSE 360 END AS customer,
    (n * 69621 % 2147483647) / 1009 % 100 AS dice
  FROM (
    SELECT
      n,
      CASE
        WHEN n % 50 = 7 THEN 600
        WHEN n % 55 = 3 AND n <= 47500 THEN 500
        WHEN spin % 100 < 40 THEN 1
        ELSE 2 + spin / 100 % 198
      END AS tenant
    FROM (SELECT n, n * 48271 % 2147483647 AS spin FROM generate_series(1, 1000000::bigint) AS n)
  )
);

ALTER TABLE orders ADD PRIMARY KEY (id);
ALTER TABLE orders ALTER COLUMN id RESTART WITH 1000001;
