-- no transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_by_email
  ON orders (tenant_id, lower(email));
