CREATE INDEX orders_by_email
  ON orders (tenant_id, lower(email));
