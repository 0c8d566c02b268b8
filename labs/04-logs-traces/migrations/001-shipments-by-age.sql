CREATE INDEX shipments_by_age ON shipments (created_at);
