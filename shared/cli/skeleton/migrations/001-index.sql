CREATE INDEX IF NOT EXISTS notes_text ON notes (text);
