-- no transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_by_status
  ON orders (tenant_id, status, placed_at DESC, id DESC);
