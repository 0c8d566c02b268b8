CREATE INDEX usage_by_day ON usage (day);
