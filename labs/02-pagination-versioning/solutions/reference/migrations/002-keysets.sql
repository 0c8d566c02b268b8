-- What is compared by equality, then the whole order of the page.
CREATE INDEX events_by_time ON events (occurred_at, id);
CREATE INDEX events_by_type ON events (type, occurred_at, id);
CREATE INDEX events_by_shipment ON events (shipment_id, occurred_at, id);
