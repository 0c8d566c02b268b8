-- Invalidations of committed changes that Redis has not taken yet. Nearly always empty.
CREATE TABLE open_invalidations (
  id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tag text   NOT NULL
);
