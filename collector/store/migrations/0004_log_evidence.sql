-- Log evidence (Art. 31): what agents say about the logs of their hosts, with its history. A document
-- becomes rows of several tables, that of log_evidence last. Repeated rows replace each other by key,
-- so that a document delivered twice changes nothing. Rows are kept for the six months and two more,
-- counted from their receipt.

-- shard: host
CREATE TABLE log_evidence (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    at DateTime64(3, 'Asia/Shanghai') COMMENT 'End of the pass over the logs, by the clock of the host.',
    complete UInt8 COMMENT '1 if the document names every source: one that it does not name is gone.',
    clock_offset_seconds Nullable(Float64) COMMENT 'Clock of the host less that of the collector; NULL until an answer has told it. Unit: s.',
    ledger_entries UInt64 COMMENT 'Entries of the host''s ledger, those of this document included.',
    sources UInt32 COMMENT 'Full records in the document, see log_sources.',
    progress UInt32 COMMENT 'Sources that only grew, see log_progress.',
    events UInt32 COMMENT 'Ledger entries in the document, see log_events.',
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.'
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (host, at)
TTL received_at + INTERVAL 8 MONTH
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'One row a document log-evidence/v1, written after all of its parts.';

-- shard: host
CREATE TABLE log_sources (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    key String COMMENT 'Name of the source on its host: family and path, such as text:/var/log/auth.log.' CODEC(ZSTD(1)),
    at DateTime64(3, 'Asia/Shanghai') COMMENT 'Time of the document.' CODEC(Delta, ZSTD(1)),
    family LowCardinality(String) COMMENT 'Kind of reader: journald, text, utmp, audit.',
    path String COMMENT 'Path of the live log.' CODEC(ZSTD(1)),
    party LowCardinality(String) COMMENT 'Who has to keep it, if the site says so: unit or provider; else empty.',
    stream_class Array(LowCardinality(String)) COMMENT 'Classes of what the source records, such as os-auth.',
    stream_name Array(LowCardinality(String)) COMMENT 'Names of the streams, in the same order; sources with one name are copies.',
    quiet_ok UInt8 COMMENT '1 if the source may be silent for long.',
    denied UInt8 COMMENT '1 if the agent may not read it.',
    grant String COMMENT 'Group or access list entry that would do.' CODEC(ZSTD(1)),
    unparsed UInt8 COMMENT '1 if no time stamp was understood.',
    oldest Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Oldest record of all segments; NULL if there is none.',
    newest Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Newest record of all segments; NULL if there is none.',
    bytes UInt64 COMMENT 'All segments on disk. Unit: bytes.' CODEC(T64, ZSTD(1)),
    segment_path Array(String) COMMENT 'Segments: path.' CODEC(ZSTD(1)),
    segment_id Array(String) COMMENT 'Segments: keyed fingerprint, hex.' CODEC(ZSTD(1)),
    segment_first Array(Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Segments: oldest record.' CODEC(ZSTD(1)),
    segment_last Array(Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Segments: newest record.' CODEC(ZSTD(1)),
    segment_begin Array(Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Segments: attested end of the predecessor.' CODEC(ZSTD(1)),
    segment_mtime Array(Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Segments: time of the file.' CODEC(ZSTD(1)),
    segment_bytes Array(UInt64) COMMENT 'Segments: size on disk. Unit: bytes.' CODEC(ZSTD(1)),
    segment_index Array(Int32) COMMENT 'Segments: number that rotation gave; 0 for the live one and for names by date.' CODEC(ZSTD(1)),
    segment_implausible Array(Int32) COMMENT 'Segments: records whose times cannot be.' CODEC(ZSTD(1)),
    segment_flags Array(UInt8) COMMENT 'Segments: 1 live, 2 sealed, 4 newest record estimated by the file, 8 first records before a clock step.' CODEC(ZSTD(1)),
    policy_kind Array(LowCardinality(String)) COMMENT 'All that removes records: logrotate, journald, auditd, count, age, container, never, unparsed.',
    policy_origin Array(String) COMMENT 'File and line of each policy; empty for a built-in default.' CODEC(ZSTD(1)),
    policy_problem Array(String) COMMENT 'What was not understood of each policy.' CODEC(ZSTD(1)),
    policy_settings Array(String) COMMENT 'Settings of each policy, JSON as in the document.' CODEC(ZSTD(1)),
    policy_files Nullable(Int32) COMMENT 'Least number of closed files that a policy keeps (rotate, num_logs - 1, maxHistory); NULL if none counts files.',
    policy_days Nullable(Float64) COMMENT 'Least age in days at which a policy removes (maxage, MaxRetentionSec, maxDays); NULL if none goes by age.',
    policy_bytes Nullable(Int64) COMMENT 'Least size that a policy allows for all files (SystemMaxUse, num_logs x max_log_file, max-size x max-file); NULL if none limits it. Unit: bytes.',
    rate_p50 Float64 COMMENT 'Growth before compression, median of the daily samples; 0 if unknown. Unit: bytes a day.',
    rate_p95 Float64 COMMENT 'The same, 95th percentile. Unit: bytes a day.',
    rate_median7 Float64 COMMENT 'The same, median of the last seven days. Unit: bytes a day.',
    rate_disk_p95 Float64 COMMENT 'What all writers add to the file system, 95th percentile. Unit: bytes a day.',
    compression_ratio Float64 COMMENT 'Compressed by raw size in its own archives; 0 if unknown.',
    rate_days UInt16 COMMENT 'Daily samples behind the percentiles.',
    disk_size_bytes UInt64 COMMENT 'File system of the segments; 0 if it was not read.',
    disk_free_bytes UInt64 COMMENT 'What users without privileges may still use.',
    inodes_free UInt64 COMMENT 'Free inodes.',
    writer_state LowCardinality(String) COMMENT 'running, stopped, suspended or disabled; empty if not known.',
    writer_since Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'When that state began.',
    writer_evidence String COMMENT 'By what the state is known.' CODEC(ZSTD(1)),
    writer_unlinked UInt8 COMMENT '1 if the open file was deleted, so that what is written is lost.',
    last_append Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'When the log last grew.',
    suspend_at_free_bytes UInt64 COMMENT 'Free space at which the writer stops by its own configuration; 0 if it does not.',
    forward_target Array(String) COMMENT 'Forwarding as configured: host and port. It proves nothing about the store.' CODEC(ZSTD(1)),
    forward_protocol Array(LowCardinality(String)) COMMENT 'Forwarding: protocol.',
    forward_queue Array(LowCardinality(String)) COMMENT 'Forwarding: none, memory or disk.',
    forward_origin Array(String) COMMENT 'Forwarding: file and line.' CODEC(ZSTD(1)),
    forward_lag_seconds Array(Nullable(Int64)) COMMENT 'Forwarding: age of the oldest record that is not acknowledged; NULL if not told.',
    silence_p999_seconds UInt64 COMMENT '99.9th percentile of the time between two records; 0 if unknown.',
    gap_kind Array(LowCardinality(String)) COMMENT 'Holes: silence, or what proves that records are missing.',
    gap_from Array(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Holes: begin.' CODEC(ZSTD(1)),
    gap_to Array(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Holes: end.' CODEC(ZSTD(1)),
    gap_missing Array(UInt64) COMMENT 'Holes: records known to be missing; 0 if unknown.' CODEC(ZSTD(1)),
    gap_path Array(String) COMMENT 'Holes: segment.' CODEC(ZSTD(1)),
    attested_since Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Since when the agent has watched the source; NULL if it keeps no memory.',
    unsealed_bytes UInt64 COMMENT 'Rotated segments that are still to be hashed. Unit: bytes.',
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.' CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (host, key, at)
TTL received_at + INTERVAL 8 MONTH
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Full records of the evidence about one log. A source is as its last full record says, brought up to log_progress; one that the last complete document did not name is gone.';

-- shard: host
CREATE TABLE log_progress (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    key String COMMENT 'Name of the source, see log_sources.' CODEC(ZSTD(1)),
    at DateTime64(3, 'Asia/Shanghai') COMMENT 'Time of the document.' CODEC(Delta, ZSTD(1)),
    last Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Newest record; NULL if it is not known.' CODEC(ZSTD(1)),
    bytes UInt64 COMMENT 'Size of the live segment. Unit: bytes.' CODEC(T64, ZSTD(1)),
    disk_free_bytes UInt64 COMMENT 'Free space of the file system; 0 if not told. Unit: bytes.' CODEC(T64, ZSTD(1)),
    last_append Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'When the log last grew; NULL if it is not known.' CODEC(ZSTD(1)),
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.' CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (host, key, at)
TTL received_at + INTERVAL 8 MONTH
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Sources that are as they were, but for what was appended.';

-- shard: host
CREATE TABLE log_events (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    ledger String COMMENT 'Identity of the ledger; a new one means that the memory of the agent was lost.' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Number of the entry in its ledger, from 1.' CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String) COMMENT 'What happened; segment_gone, truncated and edited speak of loss.',
    at DateTime64(3, 'Asia/Shanghai') COMMENT 'When the agent saw it.' CODEC(Delta, ZSTD(1)),
    source String COMMENT 'Key of the source, see log_sources; empty if it concerns none.' CODEC(ZSTD(1)),
    path String COMMENT 'Path of the segment.' CODEC(ZSTD(1)),
    id String COMMENT 'Keyed fingerprint of the segment, hex.' CODEC(ZSTD(1)),
    bytes UInt64 COMMENT 'How much of the segment was attested. Unit: bytes.' CODEC(T64, ZSTD(1)),
    hash String COMMENT 'Keyed hash of what was attested, hex.' CODEC(ZSTD(1)),
    first Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Oldest record of the segment; NULL if it is not known.' CODEC(ZSTD(1)),
    last Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Newest record of the segment; NULL if it is not known.' CODEC(ZSTD(1)),
    segment_index Int32 COMMENT 'Number that rotation had given to it; 0 if none.',
    detail String COMMENT 'New path of a renamed segment, or the old and new setting of a policy.' CODEC(ZSTD(1)),
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.' CODEC(Delta, ZSTD(1)),
    precedence UInt32 DEFAULT 4294967295 - toUnixTimestamp(received_at) COMMENT 'The entry that was received first stays: a ledger cannot be rewritten by sending it again.' CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(received_at)
ORDER BY (host, ledger, seq)
TTL received_at + INTERVAL 8 MONTH
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Ledgers of the agents: what happened to attested segments.';

-- shard: host
CREATE TABLE log_downtime (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    off_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Recorded shutdown, or last record of a boot.',
    on_at DateTime64(3, 'Asia/Shanghai') COMMENT 'The boot that followed.',
    clean UInt8 COMMENT '1 if a shutdown was recorded.',
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.'
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (host, off_at, on_at)
TTL received_at + INTERVAL 8 MONTH
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Times off as the hosts themselves claim them; compared with power_events and with missing usage before they explain anything.';

-- shard: host
CREATE TABLE log_problems (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    at DateTime64(3, 'Asia/Shanghai') COMMENT 'Time of the document.',
    origin String COMMENT 'File and line.',
    problem String COMMENT 'What does not count, and why; no value of the configuration is quoted.',
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.'
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (host, at, origin, problem)
TTL received_at + INTERVAL 8 MONTH
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Log configuration of hosts that could not be read or understood.';
