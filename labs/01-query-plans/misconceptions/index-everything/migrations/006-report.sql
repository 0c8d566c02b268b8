-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_report;
CREATE INDEX CONCURRENTLY orders_report
  ON orders (tenant_id, placed_at) INCLUDE (total_cents);
