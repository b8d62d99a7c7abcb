-- Step 0003_judging for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- Judging: findings with the facts that were seen.

-- judge_runs
CREATE TABLE judge_runs ON CLUSTER '{cluster}' (
    run UInt64 COMMENT 'Number of the run: nanoseconds since 1970.',
    month Date COMMENT 'First day of the judged month.',
    judged_at DateTime('Asia/Shanghai') COMMENT 'When the run was made.',
    open UInt8 COMMENT '1 while the month was not over: judged up to judged_at.',
    pack_hash String COMMENT 'SHA-256 over all rules in effect, hex.',
    program String COMMENT 'Version of the program.',
    findings UInt32 COMMENT 'Findings of the run.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/judge_runs', '{replica}')
ORDER BY (month, run)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Completed runs of judging; written last. The latest run of a month counts.';

-- findings
CREATE TABLE findings ON CLUSTER '{cluster}' (
    run UInt64 COMMENT 'Run that found it.',
    month Date COMMENT 'First day of the judged month.',
    rule_id LowCardinality(String) COMMENT 'Rule.',
    rule_version UInt32 COMMENT 'Version of the rule.',
    rule_hash String COMMENT 'SHA-256 of the rule, hex.',
    subject_kind LowCardinality(String) COMMENT 'information_system or host.',
    subject String COMMENT 'Identifier of the system, or provider/host_id.',
    provider LowCardinality(String) COMMENT 'Provider on whose platform the subject runs.',
    unit String COMMENT 'Code of the using unit.',
    verdict LowCardinality(String) COMMENT 'pass, fail or unknown. Missing data is never compliance and never a breach.',
    state LowCardinality(String) COMMENT 'State of the workflow of Art. 23, as the rule names it.',
    periods_met UInt16 COMMENT 'Consecutive periods up to the month in which the condition held.',
    window UInt16 COMMENT 'Periods that the rule asks for.',
    missing Array(String) COMMENT 'Facts that were not there.',
    reason String COMMENT 'Reason in plain Chinese.',
    exemption String COMMENT 'Exemption that was applied, JSON; empty where none.',
    proposal LowCardinality(String) COMMENT 'Class of action that the rule proposes.',
    facts String COMMENT 'Facts seen, JSON, by period.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/findings', '{replica}')
PARTITION BY month
ORDER BY (month, run, rule_id, subject_kind, subject)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What the rules found, with the facts seen and the hash of the rule.';

INSERT INTO schema_migrations (number, name) VALUES (3, 'judging');

