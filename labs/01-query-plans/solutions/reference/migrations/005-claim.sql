-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_pending;
CREATE INDEX CONCURRENTLY orders_pending
  ON orders (placed_at, id)
  WHERE status = 'pending';
