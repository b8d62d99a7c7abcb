-- Step 0009_records for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

INSERT INTO schema_migrations (number, name) VALUES (9, 'records');

