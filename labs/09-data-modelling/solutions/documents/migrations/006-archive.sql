CREATE FUNCTION archive_cents(price text) RETURNS bigint IMMUTABLE LANGUAGE sql
  RETURN regexp_replace(price, '\D', '', 'g')::bigint;

-- The archive as documents. Rows with a higher revision hide the others.
CREATE VIEW archive_documents AS
SELECT number, (array_agg(a.customer_no))[1] AS customer_id,
       make_timestamptz(substr(min(a.printed_at), 7, 4)::integer, substr(min(a.printed_at), 4, 2)::integer,
                        left(min(a.printed_at), 2)::integer, substr(min(a.printed_at), 12, 2)::integer,
                        right(min(a.printed_at), 2)::integer, 0, 'Europe/Madrid') AS issued_at,
       CASE WHEN bool_or(a.stamp = 'STORNO') THEN 'cancelled' ELSE 'issued' END AS status,
       sum(a.quantity * archive_cents(a.unit_price))::bigint AS total_cents,
       jsonb_build_object(
         'customerName', min(a.customer_name),
         'address', min(a.address),
         'lines', jsonb_agg(jsonb_build_object('line', a.line, 'productId', p.id, 'sku', a.sku,
                                               'name', a.product_name, 'quantity', a.quantity,
                                               'unitCents', archive_cents(a.unit_price))
                            ORDER BY a.line)) AS document
  FROM (
    SELECT DISTINCT * FROM (
      SELECT *, max(revision) OVER (PARTITION BY number, line) AS latest FROM archive_lines
    ) WHERE revision = latest
  ) AS a
  LEFT JOIN products p ON p.sku = a.sku AND p.on_sale
 WHERE a.quantity > 0
 GROUP BY number;

DELETE FROM invoices WHERE id < 100000;
INSERT INTO invoices (id, customer_id, issued_at, status, total_cents, document)
SELECT number, customer_id, issued_at, status, total_cents, document FROM archive_documents;

DELETE FROM revenue;
INSERT INTO revenue (month, slot, invoices, cents)
SELECT to_char(issued_at AT TIME ZONE 'Europe/Madrid', 'YYYY-MM'), 0, count(*), sum(total_cents)
  FROM invoices WHERE status = 'issued' GROUP BY 1;

CREATE OR REPLACE VIEW contract.reconciliation AS
SELECT coalesce(a.number, i.id) AS number, a.total_cents AS archive_cents,
       i.total_cents AS invoice_cents
  FROM archive_documents a
  FULL JOIN (
    SELECT invoice_id AS id, sum(quantity * unit_cents)::bigint AS total_cents
      FROM contract.invoice_lines WHERE invoice_id < 100000 GROUP BY 1
  ) AS i ON i.id = a.number
 WHERE a.total_cents IS DISTINCT FROM i.total_cents;
