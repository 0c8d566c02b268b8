-- How far usage and account_plans have come in each partition of files.events.
CREATE TABLE projected_offsets (
  partition int PRIMARY KEY,
  next_offset bigint NOT NULL
);
