-- What other teams see of this database, and nothing else of it: see "The contract" in the ticket.
CREATE SCHEMA contract;

CREATE VIEW contract.invoices AS
SELECT o.id, o.customer_id, c.name AS customer_name, c.address, o.placed_at AS issued_at, o.status,
       coalesce((SELECT sum(l.quantity * p.price_cents::bigint)
                   FROM order_lines l JOIN products p ON p.id = l.product_id
                  WHERE l.order_id = o.id), 0)::bigint AS total_cents
  FROM orders o JOIN customers c ON c.id = o.customer_id;

CREATE VIEW contract.invoice_lines AS
SELECT l.order_id AS invoice_id, l.line, l.product_id, p.sku, p.name, l.quantity,
       p.price_cents::bigint AS unit_cents
  FROM order_lines l JOIN products p ON p.id = l.product_id;

CREATE VIEW contract.offers AS
SELECT p.id AS product_id, o."supplierId" AS supplier_id, o.country, o."costCents" AS cost_cents,
       o.preferred
  FROM products p,
       jsonb_to_recordset(p.offers)
         AS o ("supplierId" bigint, country text, "costCents" bigint, preferred boolean);

CREATE VIEW contract.prices AS
SELECT id AS product_id, price_cents::bigint AS cents,
       timestamptz '2020-01-01 00:00:00+00' AS valid_from, NULL::timestamptz AS valid_to
  FROM products WHERE price_cents IS NOT NULL;

-- TODO(task 5): compare the archive with the invoices.
CREATE VIEW contract.reconciliation AS
SELECT NULL::bigint AS number, NULL::bigint AS archive_cents, NULL::bigint AS invoice_cents
 WHERE false;
