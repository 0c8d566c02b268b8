CREATE TABLE notes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  text text NOT NULL
);
INSERT INTO notes (text) SELECT 'note ' || number FROM generate_series(1, 100) AS number;
