-- Step 0013_closed_months for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- Which closing of a month holds, apart from what it counted over all providers.

CREATE VIEW closed_months ON CLUSTER '{cluster}' AS
SELECT month, max(version) AS version
FROM month_closes GROUP BY month;

INSERT INTO schema_migrations (number, name) VALUES (13, 'closed_months');

