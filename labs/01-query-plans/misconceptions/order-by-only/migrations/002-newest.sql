-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_newest;
CREATE INDEX CONCURRENTLY orders_newest
  ON orders (placed_at DESC, id DESC);
