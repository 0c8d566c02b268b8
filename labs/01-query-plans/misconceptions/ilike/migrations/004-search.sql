-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_by_email;
CREATE INDEX CONCURRENTLY orders_by_email
  ON orders (tenant_id, email);
