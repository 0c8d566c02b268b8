-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_time;
CREATE INDEX CONCURRENTLY orders_time
  ON orders (placed_at);
