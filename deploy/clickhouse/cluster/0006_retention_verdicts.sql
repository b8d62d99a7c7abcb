-- Step 0006_retention_verdicts for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- Verdicts on the logs (Art. 31), written by the run of judging that wrote the findings of the month.

-- retention_verdicts
CREATE TABLE retention_verdicts ON CLUSTER '{cluster}' (
    run UInt64 COMMENT 'Run that judged, see judge_runs.',
    month Date COMMENT 'First day of the judged month.',
    provider LowCardinality(String) COMMENT 'Provider on whose platform the host runs.',
    unit String COMMENT 'Code of the using unit; empty where the inventory does not know the host.',
    system String COMMENT 'Information system; empty where the inventory does not know the host.',
    host_id String COMMENT 'Instance id on the platform; empty where any host of the system may keep the log.',
    class LowCardinality(String) COMMENT 'Class of the log, such as os-auth.',
    stream String COMMENT 'What is recorded; sources with the same one are copies, of which the best counts.',
    path String COMMENT 'Path of the log; empty where nothing was reported.',
    party LowCardinality(String) COMMENT 'Who has to keep it (Art. 12): unit or provider.',
    mandatory UInt8 COMMENT '1 if the registry or the default requires it; others are told and do not decide about the host.',
    verdict LowCardinality(String) COMMENT 'compliant, compliant_by_forward, not_yet_accountable, at_risk, unknown, violated or out_of_scope.',
    code LowCardinality(String) COMMENT 'First reason of violated and unknown; else empty.',
    status LowCardinality(String) COMMENT 'As the report counts it: compliant, accumulating, non_compliant, undetermined, waived or not_counted.',
    period LowCardinality(String) COMMENT 'Period that was used: P6M or a number of days such as 180d.',
    judged_on Date COMMENT 'Day for which it was judged: the last of the month, or that of the run.',
    required_from Date COMMENT 'Earliest day that has to be kept by the period alone.',
    obligation Date COMMENT 'The later of required_from and the day of going into service.',
    local_start Nullable(Date) COMMENT 'Day from which the host itself covers; NULL if it has nothing.',
    short_days UInt32 COMMENT 'Days from obligation to local_start; 0 if all is covered.',
    missing_from Array(Date) COMMENT 'Runs of days that neither host nor store holds: first days.',
    missing_to Array(Date) COMMENT 'Runs of days that neither host nor store holds: last days.',
    guaranteed_days Nullable(Float64) COMMENT 'Days that the policy on the host surely keeps; NULL if not known or endless.',
    guaranteed_endless UInt8 COMMENT '1 if the policy removes nothing.',
    first_deletion Nullable(Date) COMMENT 'First day on which a record that must be kept is removed by policy; NULL if none in 400 days.',
    disk_full Nullable(Date) COMMENT 'Day on which space ends before the window is reached, or the writer stops itself; NULL if not in sight.',
    at_risk_date Nullable(Date) COMMENT 'First of the dates that made it at_risk.',
    accountable_from Nullable(Date) COMMENT 'For not_yet_accountable: day on which its first records complete the period.',
    attested_days UInt32 COMMENT 'Days of the window that this system itself watched being written; the others are claims of the host.',
    window_days UInt32 COMMENT 'Days of the window, from obligation to judged_on.',
    reasons Array(LowCardinality(String)) COMMENT 'Codes of all that speaks against it, in order of precedence.',
    notes Array(LowCardinality(String)) COMMENT 'Codes of what changes no verdict.',
    reason_zh String COMMENT 'Verdict with its reasons, in Chinese.',
    reason_en String COMMENT 'Verdict with its reasons, in English.',
    remedy_zh String COMMENT 'What to change, in Chinese; empty if nothing has to be.',
    remedy_en String COMMENT 'What to change, in English.',
    copy_path Array(String) COMMENT 'Other sources of the same stream: path.',
    copy_verdict Array(LowCardinality(String)) COMMENT 'Other sources of the same stream: verdict with its code.',
    waived_by String COMMENT 'Who approved an exemption that holds; empty if none.',
    waived_until Nullable(Date) COMMENT 'Last day of that exemption.',
    evidence_at Nullable(DateTime('Asia/Shanghai')) COMMENT 'Last report of the host about its logs; NULL if there was none.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/retention_verdicts', '{replica}')
PARTITION BY month
ORDER BY (month, run, provider, host_id, class, stream, path)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Verdicts on logs, one row a host, class and stream. A run counts once it stands in judge_runs.';

INSERT INTO schema_migrations (number, name) VALUES (6, 'retention_verdicts');

