ALTER TABLE parcels ADD CONSTRAINT parcels_weight CHECK (weight_grams > 0);
