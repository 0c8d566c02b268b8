CREATE INDEX events_newest ON events (occurred_at DESC, id DESC);
CREATE INDEX events_newest_of_type ON events (type, occurred_at DESC, id DESC);
CREATE INDEX events_newest_of_shipment ON events (shipment_id, occurred_at DESC, id DESC);
