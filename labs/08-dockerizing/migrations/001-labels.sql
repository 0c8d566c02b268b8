CREATE TABLE labels (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parcel_id  bigint      NOT NULL REFERENCES parcels (id),
  text       text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
