CREATE INDEX loans_of_a_book ON loans (book_id);
