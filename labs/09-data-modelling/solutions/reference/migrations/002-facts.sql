-- An invoice says what was true when it was issued. What it says is copied to it; what it is about
-- stays a reference.
ALTER TABLE orders ADD customer_name text, ADD address text;
UPDATE orders o SET customer_name = c.name, address = c.address
  FROM customers c WHERE c.id = o.customer_id;
ALTER TABLE orders
  ALTER customer_name SET NOT NULL,
  ALTER address SET NOT NULL,
  DROP CONSTRAINT orders_customer_id_fkey,
  ADD FOREIGN KEY (customer_id) REFERENCES customers;

ALTER TABLE order_lines ADD sku text, ADD name text, ADD unit_cents bigint;
UPDATE order_lines l SET sku = p.sku, name = p.name, unit_cents = coalesce(p.price_cents, 0)
  FROM products p WHERE p.id = l.product_id;
ALTER TABLE order_lines
  ALTER sku SET NOT NULL,
  ALTER name SET NOT NULL,
  ALTER unit_cents SET NOT NULL,
  DROP CONSTRAINT order_lines_product_id_fkey,
  ADD FOREIGN KEY (product_id) REFERENCES products;

-- A product that is off sale stays: its invoices still refer to it.
ALTER TABLE products ADD retired_at timestamptz;

CREATE OR REPLACE VIEW contract.invoices AS
SELECT id, customer_id, customer_name, address, placed_at AS issued_at, status,
       -- Some old orders have lost all their lines.
       (SELECT coalesce(sum(quantity * unit_cents), 0) FROM order_lines WHERE order_id = orders.id)::bigint
         AS total_cents
  FROM orders;

CREATE OR REPLACE VIEW contract.invoice_lines AS
SELECT order_id AS invoice_id, line, product_id, sku, name, quantity, unit_cents FROM order_lines;
