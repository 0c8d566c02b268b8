-- Eight counters a month, so that orders of one month seldom wait for each other. The service writes to
-- them, in the transaction of the invoice.
CREATE TABLE revenue (
  month    text     NOT NULL,
  slot     smallint NOT NULL CHECK (slot BETWEEN 0 AND 7),
  invoices bigint   NOT NULL,
  cents    bigint   NOT NULL,
  PRIMARY KEY (month, slot)
);
INSERT INTO revenue (month, slot, invoices, cents)
SELECT to_char(issued_at AT TIME ZONE 'Europe/Madrid', 'YYYY-MM'), 0, count(*), sum(total_cents)
  FROM invoices WHERE status = 'issued' GROUP BY 1;
