-- Eight tenants. Each has two admins, two accountants and two viewers of its own: ada-1 to vic-1 and
-- so on. gus-N is an admin of tenant N and a viewer of the next one. Invoices of all tenants take
-- turns: one with a higher id is mostly another tenant's.
INSERT INTO tenants (id, name) SELECT n, 'Tenant ' || n FROM generate_series(1, 8) AS n;

INSERT INTO users (id, email)
SELECT name || '-' || tenant, name || '@tenant-' || tenant || '.example'
  FROM generate_series(1, 8) AS tenant,
       unnest(ARRAY['ada', 'ali', 'bea', 'bob', 'vic', 'val', 'gus']) AS name;

INSERT INTO memberships (user_id, tenant_id, role)
SELECT name || '-' || tenant, tenant, role
  FROM generate_series(1, 8) AS tenant,
       unnest(
         ARRAY['ada', 'ali', 'bea', 'bob', 'vic', 'val', 'gus'],
         ARRAY['admin', 'admin', 'accountant', 'accountant', 'viewer', 'viewer', 'admin']
       ) AS member (name, role);

INSERT INTO memberships (user_id, tenant_id, role)
SELECT 'gus-' || tenant, tenant % 8 + 1, 'viewer' FROM generate_series(1, 8) AS tenant;

INSERT INTO invoices (id, tenant_id, number, status, total_cents, note, due_on)
SELECT 1000 + n,
       n % 8 + 1,
       'INV-' || (n % 8 + 1) || '-' || (n / 8 + 1),
       CASE WHEN n % 5 = 0 THEN 'open' ELSE 'paid' END,
       1000 + n * 37 % 90000,
       'order ' || n,
       date '2026-01-01' + n % 90
  FROM generate_series(0, 399) AS n;
