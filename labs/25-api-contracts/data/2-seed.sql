INSERT INTO parcels (status, weight_grams, postcode, city, note, tracking, created_at)
SELECT (ARRAY['created', 'in_transit', 'delivered', 'returned'])[1 + n % 4],
       250 + n * 37 % 9000,
       (ARRAY['01067', '10115', '20095', '04109', '80331'])[1 + n % 5],
       (ARRAY['Dresden', 'Berlin', 'Hamburg', 'Leipzig', 'Munich'])[1 + n % 5],
       CASE WHEN n % 3 = 0 THEN 'leave at the back door' END,
       CASE WHEN n % 4 > 0 THEN 'CX' || 100000 + n END,
       '2026-11-01T06:00:00Z'::timestamptz + n * interval '7 minutes'
  FROM generate_series(1, 400) AS n;
