ALTER TABLE notes ADD CONSTRAINT notes_not_empty CHECK (text <> '');
