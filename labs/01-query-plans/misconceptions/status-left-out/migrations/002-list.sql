-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_by_time;
CREATE INDEX CONCURRENTLY orders_by_time
  ON orders (tenant_id, placed_at DESC, id DESC);
