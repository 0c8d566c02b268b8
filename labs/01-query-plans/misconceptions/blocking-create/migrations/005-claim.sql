CREATE INDEX orders_pending
  ON orders (placed_at, id)
  WHERE status = 'pending';
