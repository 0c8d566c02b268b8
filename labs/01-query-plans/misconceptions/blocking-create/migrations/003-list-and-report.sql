CREATE INDEX orders_by_time
  ON orders (tenant_id, placed_at DESC, id DESC) INCLUDE (total_cents);
