-- no transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_pending
  ON orders (placed_at, id)
  WHERE status = 'pending';
