-- What the ticket says of production: statistics may be read, plans are made without parameters.
GRANT pg_read_all_stats TO lab_01_query_plans;
ALTER ROLE lab_01_query_plans SET plan_cache_mode = 'force_generic_plan';
