-- 120,000 events in 200 uploads of 600, one upload every four hours, in the order in which they were
-- written. Arithmetic only, so that every machine has the same rows. Each oddity is there for a task:
--   ties        seven events share an instant, and the next instant is 130 microseconds away, so that
--               a page of almost any size ends in the middle of an instant and of a millisecond
--   late ones   1 in 50 arrived twelve hours after it occurred: ids are not in the order of time
--   exception   only in the oldest 6,000 events
--   shipment 1  every sixth event; shipment 2  300 of the newest 1,800; shipment 3  exactly 20;
--               shipment 20000  2,000 of the oldest 30,000, six on each page of the table
INSERT INTO events (id, shipment_id, type, occurred_at, payload)
SELECT
  n,
  CASE
    WHEN n % 6 = 1 THEN 1
    WHEN n > 118200 AND n % 5 = 2 THEN 2
    WHEN n % 6000 = 2 THEN 3
    WHEN n <= 30000 AND n % 10 = 9 THEN 20000
    ELSE 4 + (n * 7919) % 15013
  END,
  CASE
    WHEN n <= 6000 AND n % 9 = 4 THEN 'exception'
    WHEN n % 10 < 2 THEN 'created'
    WHEN n % 10 < 4 THEN 'picked_up'
    WHEN n % 10 < 8 THEN 'in_transit'
    ELSE 'delivered'
  END,
  timestamptz '2026-01-05 06:00:00.000047+00'
    + (n - 1) / 600 * interval '4 hours'
    + (n - 1) % 600 / 7 * interval '130 microseconds'
    - CASE WHEN n % 50 = 13 THEN interval '12 hours' ELSE interval '0' END,
  jsonb_build_object('depot', 'D' || n % 40)
FROM generate_series(1, 120000::bigint) AS n;

ALTER TABLE events ADD PRIMARY KEY (id);
ALTER TABLE events ALTER COLUMN id RESTART WITH 120001;
