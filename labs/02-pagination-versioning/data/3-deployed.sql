-- What `npm run migrate` has left in production, where 001 has long run.
CREATE TABLE schema_migrations (
  name text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO schema_migrations (name) VALUES ('001-payload-check.sql');
ALTER TABLE events ADD CONSTRAINT payload_is_an_object CHECK (jsonb_typeof(payload) = 'object');
