-- Step 0005_log_registry for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- Registry of the logs that have to be kept (Art. 29).

-- inventory_log_sources
CREATE TABLE inventory_log_sources ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    subject_kind LowCardinality(String) COMMENT 'information_system, host, or default for every host.',
    subject String COMMENT 'Identifier of the system or host; empty for default.',
    djbh_level UInt8 COMMENT 'For default: least level of classified protection from which it holds; 0 for any.',
    status LowCardinality(String) COMMENT 'For default: status of the systems for which it holds; empty for any.',
    class LowCardinality(String) COMMENT 'Class of the log, such as os-auth.',
    stream String COMMENT 'Stream of the class; empty for any.',
    party LowCardinality(String) COMMENT 'Who has to keep it (Art. 12): unit or provider; empty for the owner of the host.',
    central_store String COMMENT 'Central store that has to hold it; empty where not given.',
    expires Nullable(Date) COMMENT 'Last day on which it is required; NULL for as long as the host is in scope.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_log_sources', '{replica}')
ORDER BY (subject_kind, subject, class, stream, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Logs that have to be kept, by system, by host, or by default.';

CREATE VIEW log_requirements ON CLUSTER '{cluster}' AS
SELECT subject_kind, subject, djbh_level, status, class, stream, argMax(party, seq) AS party, argMax(central_store, seq) AS central_store,
    argMax(tuple(expires), seq).1 AS expires
FROM inventory_log_sources WHERE seq IN (SELECT seq FROM inventory_imports) GROUP BY subject_kind, subject, djbh_level, status, class, stream;

INSERT INTO schema_migrations (number, name) VALUES (5, 'log_registry');

