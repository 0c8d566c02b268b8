INSERT INTO categories (id, name)
VALUES (1, 'Lamps'), (2, 'Chairs'), (3, 'Tables'), (4, 'Shelves'), (5, 'Rugs'), (6, 'Clocks');
INSERT INTO products (id, category_id, name, price_cents)
SELECT n, 1 + n % 6, format('%s %s', (ARRAY['Lamp', 'Chair', 'Table', 'Shelf', 'Rug', 'Clock'])[1 + n % 6], n), 1500 + 37 * n
  FROM generate_series(1, 390) n;
ALTER TABLE products ALTER COLUMN id RESTART WITH 1001;
INSERT INTO basket_items (customer_id, product_id, quantity)
SELECT customer, 1 + (customer * 7 + item * 31) % 390, 1 + (customer + item) % 3
  FROM generate_series(1, 60) customer, generate_series(1, 3) item;
