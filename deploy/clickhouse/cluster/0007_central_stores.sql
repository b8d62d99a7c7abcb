-- Step 0007_central_stores for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- What central log stores answered when they were asked what they hold (Art. 31).

-- log_store_surveys
CREATE TABLE log_store_surveys ON CLUSTER '{cluster}' (
    store LowCardinality(String) COMMENT 'Central store, as the collector''s configuration names it.',
    provider LowCardinality(String) COMMENT 'Provider whose hosts it holds.',
    class LowCardinality(String) COMMENT 'Class of the log, such as os-auth.',
    stream String COMMENT 'Stream of the class; empty for any.',
    checked_at DateTime('Asia/Shanghai') COMMENT 'When the store was asked.',
    kind LowCardinality(String) COMMENT 'elasticsearch, opensearch, loki or clickhouse.',
    level LowCardinality(String) COMMENT 'What is proven: queried, or configured if the store did not answer.',
    error String COMMENT 'Why the store did not answer; empty if it did.',
    hosts UInt32 COMMENT 'Hosts of which it holds records, see log_store_hosts.',
    counted_from Date COMMENT 'First day whose records were counted.',
    counted_to Date COMMENT 'Last day whose records were counted, up to checked_at.',
    retention_kind LowCardinality(String) COMMENT 'What the store removes: age, never, or unknown.',
    retention_days Float64 COMMENT 'Age in days at which it removes; 0 for never and unknown.',
    retention_span_days Float64 COMMENT 'By how many days the last records of an index live shorter than that.',
    retention_setting LowCardinality(String) COMMENT 'Setting of the store that holds the age.',
    immutable UInt8 COMMENT '1 if records cannot be removed before their time.',
    reference String COMMENT 'By what that is known; empty if it is not.',
    note String COMMENT 'What could not be read, or hints at immutability.',
    quiet_ok UInt8 COMMENT '1 if a host may be silent for days.',
    aliases Array(LowCardinality(String)) COMMENT 'Kinds of names by which the store knows hosts, in order.'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{cluster}/{database}/log_store_surveys', '{replica}')
PARTITION BY toYYYYMM(checked_at)
ORDER BY (store, provider, class, stream, checked_at)
TTL checked_at + INTERVAL 4 MONTH
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'One row each time a central store was asked for a class, written after its rows of log_store_hosts.';

-- log_store_hosts
CREATE TABLE log_store_hosts ON CLUSTER '{cluster}' (
    store LowCardinality(String) COMMENT 'Central store, see log_store_surveys.',
    provider LowCardinality(String) COMMENT 'Provider whose hosts it holds.',
    class LowCardinality(String) COMMENT 'Class of the log.',
    stream String COMMENT 'Stream of the class; empty for any.',
    checked_at DateTime('Asia/Shanghai') COMMENT 'When the store was asked.',
    name String COMMENT 'Name of the host in the store; what it stands for is found by the aliases when judging.' CODEC(ZSTD(1)),
    oldest DateTime64(3, 'Asia/Shanghai') COMMENT 'Oldest record in the counted days; where a store only counts, the start of its day.' CODEC(ZSTD(1)),
    newest DateTime64(3, 'Asia/Shanghai') COMMENT 'Newest record; where a store only counts, the latest time that is proven.' CODEC(ZSTD(1)),
    records Array(UInt64) COMMENT 'Records of each day from counted_from to counted_to.' CODEC(ZSTD(1))
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{cluster}/{database}/log_store_hosts', '{replica}')
PARTITION BY toYYYYMM(checked_at)
ORDER BY (store, provider, class, stream, checked_at, name)
TTL checked_at + INTERVAL 4 MONTH
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What a central store holds of each host, by day. Rows count once their row of log_store_surveys is there.';

INSERT INTO schema_migrations (number, name) VALUES (7, 'central_stores');

