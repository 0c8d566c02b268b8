-- What the ticket says of production: statistics may be read, plans are made without parameters.
GRANT pg_read_all_stats TO lab_01_query_plans;
-- In this database, where nothing that a migration sets for the role as such comes before it.
DO $$
BEGIN
  EXECUTE format(
    'ALTER ROLE lab_01_query_plans IN DATABASE %I SET plan_cache_mode = %L',
    current_database(),
    'force_generic_plan'
  );
END
$$;
