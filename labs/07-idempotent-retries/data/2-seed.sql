-- Charges from before clients had to send a key. The first is the one of the ticket's curl line.
INSERT INTO charges (id, account_id, amount, currency, source, status, provider_charge_id, created_at)
SELECT format('00000000-0000-4000-8000-%s', lpad(to_hex(n), 12, '0'))::uuid,
       57 + n % 3,
       500 + 37 * n,
       'EUR',
       'card_old_' || n,
       'succeeded',
       'pc_old_' || n,
       timestamptz '2025-11-01 08:00:00Z' + n * interval '17 minutes'
  FROM generate_series(0, 29) n;
