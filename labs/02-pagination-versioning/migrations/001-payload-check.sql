ALTER TABLE events ADD CONSTRAINT payload_is_an_object CHECK (jsonb_typeof(payload) = 'object');
