INSERT INTO books (title, author, year) VALUES
  ('The Left Hand of Darkness', 'Ursula K. Le Guin', 1969),
  ('Frankenstein', 'Mary Shelley', 1818),
  ('Things Fall Apart', 'Chinua Achebe', 1958),
  ('Beloved', 'Toni Morrison', 1987),
  ('Don Quixote', 'Miguel de Cervantes', 1605),
  ('The Dispossessed', 'Ursula K. Le Guin', 1974),
  ('My Name Is Red', 'Orhan Pamuk', 1998),
  ('The Old Man and the Sea', 'Ernest Hemingway', 1952),
  ('Kitchen', 'Banana Yoshimoto', 1988),
  ('Beowulf', 'unknown', NULL),
  ('The Handmaid''s Tale', 'Margaret Atwood', 1985),
  ('Cat''s Cradle', 'Kurt Vonnegut', 1963);

INSERT INTO members (name) VALUES ('Amina Diallo'), ('Jonas Berg'), ('Priya Raman'), ('Tom O''Brien');

-- Came back long ago.
INSERT INTO loans (book_id, member_id, lent_at, returned_at) VALUES
  (1, 1, '2026-01-12 10:05Z', '2026-01-30 16:40Z'),
  (3, 2, '2026-02-03 11:20Z', '2026-02-20 09:15Z');

-- With a member at the moment.
INSERT INTO loans (book_id, member_id, lent_at) VALUES (2, 3, '2026-03-02 14:00Z');
UPDATE books SET available = false WHERE id = 2;

-- Marked as lent since Tuesday, and no member has it: see task 4.
UPDATE books SET available = false WHERE title = 'Kitchen';
