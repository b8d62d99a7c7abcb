-- What dashboards and alert rules ask and the other tables do not hold: states that are folded from events, and the collector itself.

-- shard: everywhere
CREATE TABLE proposal_states (
    proposal String COMMENT 'Proposal, see proposals.',
    provider LowCardinality(String) COMMENT 'Provider of whose hosts the row tells; a proposal has one row for each.',
    unit String COMMENT 'Code of the using unit.',
    system String COMMENT 'Information system.',
    month Date COMMENT 'First day of the judged month.',
    opened_at DateTime('Asia/Shanghai') COMMENT 'When it was opened.',
    state LowCardinality(String) COMMENT 'State on the day of taken_at, which may be overdue.',
    open UInt8 COMMENT '1 until it is closed or exempted.',
    next_step LowCardinality(String) COMMENT 'Kind of the step that is expected next; empty once it has ended.',
    next_due Nullable(Date) COMMENT 'First of the days by which an expected step should be done; NULL if none has one.',
    overdue_workdays UInt32 COMMENT 'Most working days by which an expected step is late.',
    hosts UInt32 COMMENT 'Hosts of the provider in it.',
    proposed_hosts UInt32 COMMENT 'Those for which a change is proposed.',
    proposed_cores Float64 COMMENT 'Saving of the proposed changes (F11). Unit: cores.',
    proposed_memory_gib Float64 COMMENT 'The same. Unit: GiB.',
    proposed_disk_gib Float64 COMMENT 'The same. Unit: GiB.',
    proposed_yuan_month Nullable(Float64) COMMENT 'The same, in yuan a month; NULL where a price is missing.',
    approved_cores Float64 COMMENT 'Reduction that the review approved (F12). Unit: cores.',
    approved_memory_gib Float64 COMMENT 'The same. Unit: GiB.',
    approved_disk_gib Float64 COMMENT 'The same. Unit: GiB.',
    realised_cores Float64 COMMENT 'Reduction that came (F12). Unit: cores.',
    realised_memory_gib Float64 COMMENT 'The same. Unit: GiB.',
    realised_disk_gib Float64 COMMENT 'The same. Unit: GiB.',
    rebound UInt8 COMMENT '1 if CPU P95 went above the limit after a change (F12).',
    taken_at DateTime('Asia/Shanghai') COMMENT 'When the states were folded; rows of the latest time alone count.'
) ENGINE = ReplacingMergeTree(taken_at)
ORDER BY (proposal, provider)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Proposals as of taken_at: the fold of proposal_events, written again whenever it changes.';

-- shard: everywhere
CREATE TABLE filing_states (
    month Date COMMENT 'First day of the month.',
    provider LowCardinality(String) COMMENT 'Provider that the report is about; empty for one about all.',
    report_kind LowCardinality(String) COMMENT 'Kind of the report, such as usage or security.',
    unit String COMMENT 'Code of the using unit whose rows alone are in it; empty for all.',
    recipient String COMMENT 'For whom it is; empty where nobody expects it.',
    filing String COMMENT 'Identifier of the latest issue, see filing_events; empty where none was made.',
    version UInt32 COMMENT 'Number of that issue; 0 where none was made.',
    due Date COMMENT 'Last day to send it.',
    state LowCardinality(String) COMMENT 'pending, missing, prepared, reviewed, signed, sent or received.',
    sent_at Nullable(DateTime('Asia/Shanghai')) COMMENT 'When a version was sent first; NULL until then. Timeliness is counted by it.',
    late_workdays UInt32 COMMENT 'Working days after due until it was sent first, or until taken_at.',
    overdue UInt8 COMMENT '1 if it was not sent by its day, or is not yet.',
    taken_at DateTime('Asia/Shanghai') COMMENT 'When the states were folded; rows of the latest time alone count.'
) ENGINE = ReplacingMergeTree(taken_at)
ORDER BY (month, provider, report_kind, unit, recipient)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The ledger of reports (D1) as of taken_at: what was made and what is due, written again whenever it changes.';

-- shard: everywhere
CREATE TABLE collector_health (
    at DateTime('Asia/Shanghai') COMMENT 'When it was looked at, every minute.' CODEC(Delta, ZSTD(1)),
    collector LowCardinality(String) COMMENT 'Name of the host on which the collector runs.',
    program LowCardinality(String) COMMENT 'Version of the program.',
    uptime_seconds UInt64 COMMENT 'Since the start of the collector. Unit: s.' CODEC(T64, ZSTD(1)),
    memory_bytes UInt64 COMMENT 'Resident memory of the collector, without the engine; 0 where not readable. Unit: bytes.' CODEC(T64, ZSTD(1)),
    derivation_lag_seconds Float64 COMMENT 'Age of the oldest group commit that is not derived yet. Unit: s.' CODEC(ZSTD(1)),
    commits_to_derive UInt64 COMMENT 'Group commits that are not derived yet.' CODEC(T64, ZSTD(1)),
    rows_waiting UInt64 COMMENT 'Rows that wait for the next group commit.' CODEC(T64, ZSTD(1)),
    rows_stored UInt64 COMMENT 'Rows stored since the look before.' CODEC(T64, ZSTD(1)),
    requests_accepted UInt64 COMMENT 'Requests of senders that were answered with success since the look before.' CODEC(T64, ZSTD(1)),
    requests_refused UInt64 COMMENT 'Requests of senders that were not, since the look before.' CODEC(T64, ZSTD(1)),
    commits_failed UInt64 COMMENT 'Group commits that ClickHouse did not take since the look before; the senders keep their rows.' CODEC(T64, ZSTD(1)),
    engine_restarts UInt64 COMMENT 'Restarts of the embedded engine since the start of the collector.' CODEC(T64, ZSTD(1)),
    known_hosts UInt64 COMMENT 'Hosts that have ever reported.' CODEC(T64, ZSTD(1)),
    database_bytes UInt64 COMMENT 'All tables on disk. Unit: bytes.' CODEC(T64, ZSTD(1)),
    disk_free_bytes UInt64 COMMENT 'Free space of the file system with the data of the collector; 0 where not readable. Unit: bytes.' CODEC(T64, ZSTD(1)),
    disk_size_bytes UInt64 COMMENT 'Size of that file system; 0 where not readable. Unit: bytes.' CODEC(T64, ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (collector, at)
TTL at + INTERVAL 35 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The collector about itself, for sites without Prometheus.';
