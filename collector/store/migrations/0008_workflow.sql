-- The workflow of Art. 23: recommendations of a run, proposals and their events, what the guard saw, and the working calendar (D5).

-- shard: everywhere
CREATE TABLE recommendations (
    run UInt64 COMMENT 'Run of judging that recommended, see judge_runs.',
    month Date COMMENT 'First day of the judged month.',
    provider LowCardinality(String) COMMENT 'Provider of the host.',
    unit String COMMENT 'Code of the using unit.',
    system String COMMENT 'Information system of the host.',
    host_id String COMMENT 'Instance id on the platform.',
    decided_at Date COMMENT 'First day that was not looked at.',
    action LowCardinality(String) COMMENT 'downsize, reclaim, consolidate, shrink, keep or upsize.',
    policy LowCardinality(String) COMMENT 'Policy behind the target.',
    risk_budget Float64 COMMENT 'Share of hosts that may breach, 0 to 1.',
    current_vcpu Float64 COMMENT 'Present size in cores.',
    current_memory_mib Float64 COMMENT 'Present size in MiB.',
    current_disk_gib Float64 COMMENT 'Present size in GiB; 0 if not known.',
    current_flavor String COMMENT 'Present flavour; empty if not known.',
    target_vcpu Float64 COMMENT 'Recommended size in cores.',
    target_memory_mib Float64 COMMENT 'Recommended size in MiB.',
    target_disk_gib Float64 COMMENT 'Recommended size in GiB; 0 if not known.',
    target_flavor String COMMENT 'Recommended flavour; empty where none fits.',
    cpu_risk Nullable(Float64) COMMENT 'Probability that more than 1 % of the slots of the next month exceed the target; NULL where no forecast could be made.',
    memory_risk Nullable(Float64) COMMENT 'Probability that any slot of the next month exceeds the target; NULL where no forecast could be made.',
    coverage Float64 COMMENT 'Share of slots with a value in the history, of those in which the host was not known to be off.',
    saving_cores Float64 COMMENT 'Present less recommended cores; negative for an upsize.',
    saving_memory_gib Float64 COMMENT 'Present less recommended memory in GiB.',
    saving_disk_gib Float64 COMMENT 'Present less recommended disk in GiB.',
    saving_yuan_month Nullable(Float64) COMMENT 'Yuan a month; NULL without prices.',
    confidence LowCardinality(String) COMMENT 'high, medium or low.',
    restart UInt8 COMMENT '1 if the change needs the host to be restarted.',
    reason_zh String COMMENT 'Explanation in Chinese.',
    reason_en String COMMENT 'Explanation in English.',
    recommendation String COMMENT 'The whole recommendation with its evidence, JSON.'
) ENGINE = MergeTree
PARTITION BY month
ORDER BY (month, run, provider, host_id)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What is recommended for each host. A run counts once it stands in judge_runs.';

-- shard: everywhere
CREATE TABLE proposals (
    proposal String COMMENT 'Identifier: judged month and information system.',
    system String COMMENT 'Information system.',
    month Date COMMENT 'First day of the judged month.',
    unit String COMMENT 'Code of the using unit, which sees it.',
    providers Array(LowCardinality(String)) COMMENT 'Providers of its hosts, which see it.',
    opened_at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it was opened.'
) ENGINE = ReplacingMergeTree
ORDER BY proposal
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Proposals of Art. 23; their state is the fold of proposal_events.';

-- shard: everywhere
CREATE TABLE proposal_events (
    proposal String COMMENT 'Proposal, see proposals.',
    event String COMMENT 'SHA-256 of what it says, hex: the same content is one event.',
    kind LowCardinality(String) COMMENT 'found, notice, reply, review, decide, implement, verify, close, exempt, dispute, guard or restore.',
    at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it happened.',
    recorded_at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it was recorded; events count in this order.',
    by String COMMENT 'Person who did it.',
    role LowCardinality(String) COMMENT 'On whose behalf: office, supervisor, provider, unit or system.',
    state LowCardinality(String) COMMENT 'State of the proposal after it.',
    data String COMMENT 'What it says, JSON.',
    version Int64 COMMENT 'Nanoseconds of recorded_at, negated: of two rows with one key the earlier one stays.'
) ENGINE = ReplacingMergeTree(version)
ORDER BY (proposal, event)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Steps of proposals, only ever appended to. The wording that came first counts.';

-- shard: everywhere
CREATE TABLE guard_observations (
    proposal String COMMENT 'Proposal under which the host was changed.',
    provider LowCardinality(String) COMMENT 'Provider of the host.',
    unit String COMMENT 'Code of the using unit.',
    system String COMMENT 'Information system.',
    host_id String COMMENT 'Instance id on the platform.',
    day Date COMMENT 'Last day that was looked at.',
    state LowCardinality(String) COMMENT 'ok, watch, restore or unknown.',
    slots UInt32 COMMENT 'Five-minute slots with a value since the change.',
    cpu_above UInt32 COMMENT 'Slots in which CPU demand was above the size.',
    cpu_allowed UInt32 COMMENT 'Slots that may be above in a month.',
    memory_above UInt32 COMMENT 'Slots in which memory demand was above the size.',
    cpu_peak Float64 COMMENT 'Highest CPU demand in cores.',
    memory_peak_mib Float64 COMMENT 'Highest memory demand in MiB.',
    trigger_day Nullable(Date) COMMENT 'First day on which the risk showed; NULL if it did not.',
    due Nullable(Date) COMMENT 'Last day to restore the host (Art. 22); NULL without trigger.',
    target_vcpu Float64 COMMENT 'Cores that cover the peak.',
    target_memory_mib Float64 COMMENT 'MiB that cover the peak.',
    reason_zh String COMMENT 'What was seen, in Chinese.',
    reason_en String COMMENT 'What was seen, in English.',
    observed_at DateTime('Asia/Shanghai') COMMENT 'When it was looked at.'
) ENGINE = ReplacingMergeTree(observed_at)
PARTITION BY toYear(day)
ORDER BY (proposal, provider, host_id, day)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Demand of changed hosts against the size they were given, day by day.';

-- shard: everywhere
CREATE TABLE calendar_years (
    year UInt16 COMMENT 'Year of the notice.',
    imported_at DateTime64(6, 'Asia/Shanghai') COMMENT 'When it was imported; the latest import of a year counts.',
    imported_by String COMMENT 'Who imported it.',
    file String COMMENT 'Name of the file.',
    sha256 String COMMENT 'SHA-256 of the file, hex.',
    notices Array(String) COMMENT 'Addresses of the notices of the State Council.',
    holidays String COMMENT 'Days off and make-up working days, YAML as in the file.'
) ENGINE = MergeTree
ORDER BY (year, imported_at)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Imported versions of the working calendar (D5). Years without a row are those built in.';
