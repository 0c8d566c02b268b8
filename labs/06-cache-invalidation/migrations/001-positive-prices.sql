ALTER TABLE products ADD CONSTRAINT positive_price CHECK (price_cents > 0);
