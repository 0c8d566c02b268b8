-- no transaction
-- Dropped first: an earlier run that broke off leaves an invalid index of this name.
DROP INDEX CONCURRENTLY IF EXISTS orders_tenant;
CREATE INDEX CONCURRENTLY orders_tenant
  ON orders (tenant_id);
