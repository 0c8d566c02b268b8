-- Ids of the events that are in the tables. Old ones may go once no replay can bring them again.
CREATE TABLE applied_events (
  id text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
