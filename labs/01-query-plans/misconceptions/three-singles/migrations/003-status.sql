-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_status;
CREATE INDEX CONCURRENTLY orders_status
  ON orders (status);
