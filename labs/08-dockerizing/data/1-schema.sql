CREATE TABLE parcels (
  id     bigint PRIMARY KEY,
  street text   NOT NULL,
  city   text   NOT NULL
);
