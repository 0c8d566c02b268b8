-- A statement sees the rows of the tenant that its transaction is for, and without a tenant it sees
-- none. FORCE, because the service owns the tables, and owners are let through otherwise.
ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoices FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON invoices
  USING (tenant_id = nullif(current_setting('billing.tenant_id', true), '')::integer);

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON tenants
  USING (id = nullif(current_setting('billing.tenant_id', true), '')::integer);
