-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_meta;
CREATE INDEX CONCURRENTLY orders_meta
  ON orders USING gin (meta);
