-- Step 0010_filing for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- Closed months and the ledger of reports (D1, Art. 30 and 36).

-- month_closes
CREATE TABLE month_closes ON CLUSTER '{cluster}' (
    month Date COMMENT 'First day of the month.',
    version UInt32 COMMENT 'Number of the closing: 1, and one more with every correction. Reports have the same number.',
    closed_at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it was closed.',
    run UInt64 COMMENT 'Run of judging that was closed, see judge_runs.',
    batch String COMMENT 'Digest of the five-minute values of the month that were there: xor and sum of their SipHash, hex.',
    buckets UInt64 COMMENT 'Five-minute values of the month that were there.',
    hosts UInt32 COMMENT 'Hosts with values in the month.',
    reason String COMMENT 'Why it was closed again; empty for the first closing.',
    by String COMMENT 'Person who closed it; empty for the schedule.',
    program String COMMENT 'Version of the program.',
    row_version Int64 COMMENT 'Nanoseconds of closed_at, negated: of two rows with one key the earlier one stays.'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{cluster}/{database}/month_closes', '{replica}', row_version)
ORDER BY (month, version)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Closings of months. The latest version counts; reports are made from it.';

-- late_buckets
CREATE TABLE late_buckets ON CLUSTER '{cluster}' (
    month Date COMMENT 'First day of the closed month.',
    version UInt32 COMMENT 'Closing after which they came, see month_closes.',
    batch UInt64 COMMENT 'Group commit that brought them.',
    host UInt64 COMMENT 'Key of the host, see hosts.',
    received_at DateTime('Asia/Shanghai') COMMENT 'When the group commit began.',
    first_bucket DateTime('Asia/Shanghai') COMMENT 'First of the buckets.',
    buckets UInt32 COMMENT 'Touched buckets of five minutes.'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{cluster}/{database}/late_buckets', '{replica}')
ORDER BY (month, version, batch, host, first_bucket)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Values that were derived for a month after it was closed. They are in no report before a correction.';

-- filing_documents
CREATE TABLE filing_documents ON CLUSTER '{cluster}' (
    filing String COMMENT 'Identifier of the report, see filing_events.',
    stage LowCardinality(String) COMMENT 'prepare: as made from the closed month; sign: as signed, with what persons wrote.',
    stored_at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it was stored.',
    document String COMMENT 'The report as sections, tables and charts, JSON; files are printed from it.' CODEC(ZSTD(3)),
    row_version Int64 COMMENT 'Nanoseconds of stored_at, negated: of two rows with one key the earlier one stays.'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{cluster}/{database}/filing_documents', '{replica}', row_version)
ORDER BY (filing, stage)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Reports as they were made, so that they can be printed again from the same data.';

-- filing_events
CREATE TABLE filing_events ON CLUSTER '{cluster}' (
    filing String COMMENT 'Identifier of the report: its file name without ending.',
    event String COMMENT 'SHA-256 of what it says, hex: the same content is one event.',
    kind LowCardinality(String) COMMENT 'prepare, review, sign, part, send or receipt.',
    provider LowCardinality(String) COMMENT 'Provider that the report is about; empty for one about all.',
    unit String COMMENT 'Code of the using unit whose rows alone are in it; empty for all.',
    month Date COMMENT 'First day of the month.',
    report_kind LowCardinality(String) COMMENT 'Kind of the report, such as usage or security.',
    version UInt32 COMMENT 'Number of the issue, that of the closing.',
    recipient String COMMENT 'Recipient of a sending or receipt; else empty.',
    at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it happened.',
    recorded_at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it was recorded; events count in this order.',
    by String COMMENT 'Person who did it; empty for the schedule.',
    data String COMMENT 'What it says, JSON: files with SHA-256, way, receipt, remark.',
    row_version Int64 COMMENT 'Nanoseconds of recorded_at, negated: of two rows with one key the earlier one stays.'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{cluster}/{database}/filing_events', '{replica}', row_version)
ORDER BY (month, filing, event)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Steps of reports to their recipients (D1), only ever appended to.';

INSERT INTO schema_migrations (number, name) VALUES (10, 'filing');

