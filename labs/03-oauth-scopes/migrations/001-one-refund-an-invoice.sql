ALTER TABLE refunds ADD CONSTRAINT refunds_once UNIQUE (invoice_id);
