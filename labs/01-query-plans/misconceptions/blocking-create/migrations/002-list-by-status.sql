CREATE INDEX orders_by_status
  ON orders (tenant_id, status, placed_at DESC, id DESC);
