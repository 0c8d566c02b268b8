CREATE TABLE books (
  id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title     text    NOT NULL,
  author    text    NOT NULL,
  year      integer,
  available boolean NOT NULL DEFAULT true
);

CREATE TABLE members (
  id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text    NOT NULL
);

CREATE TABLE loans (
  id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  book_id     integer     NOT NULL REFERENCES books (id),
  member_id   integer     NOT NULL REFERENCES members (id),
  lent_at     timestamptz NOT NULL DEFAULT now(),
  returned_at timestamptz
);
