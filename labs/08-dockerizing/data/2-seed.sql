INSERT INTO parcels (id, street, city)
SELECT n, 'Lindenweg ' || n, (ARRAY['Wien', 'Graz', 'Linz'])[1 + n % 3]
FROM generate_series(1, 100) AS n;
