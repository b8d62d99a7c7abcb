-- Step 0011_month_facts for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- month_facts
CREATE TABLE month_facts ON CLUSTER '{cluster}' (
    run UInt64 COMMENT 'Run of judging that computed the facts, see judge_runs.',
    month Date COMMENT 'First day of the month.',
    read_at DateTime('Asia/Shanghai') COMMENT 'Clock of the database when the reading of the series began: what was derived later is not in the facts.',
    provider LowCardinality(String) COMMENT 'Provider on whose platforms the hosts run.',
    kind LowCardinality(String) COMMENT 'host, information_system, unit or provider.',
    subject String COMMENT 'Instance id of the host, identifier of the system, code of the unit or id of the provider.',
    system String COMMENT 'Information system of the host at the end of the month; empty for other kinds.',
    unit String COMMENT 'Code of the using unit of the host at the end of the month; empty for other kinds.',
    hosts UInt32 COMMENT 'Hosts that were allocated to the subject in the month; 1 for a host.',
    vcpu UInt32 COMMENT 'Allocated virtual CPUs of the host at the end of the month; 0 for other kinds.',
    memory_mib UInt64 COMMENT 'Allocated memory of the host in MiB; 0 for other kinds.',
    disk_gib UInt64 COMMENT 'Allocated disk of the host in GiB; 0 for other kinds.',
    standby UInt8 COMMENT '1 where the host is a standby.',
    at_end UInt8 COMMENT '1 where the host was still allocated at the end of the month.',
    allocated_seconds UInt64 COMMENT 'Seconds of allocation over all hosts (F1).',
    observed_seconds UInt64 COMMENT 'Seconds observed over all hosts (F1).',
    off_seconds UInt64 COMMENT 'Seconds known to be off over all hosts (F1).',
    vcpu_seconds Float64 COMMENT 'Allocated vCPU seconds; 0 for a host.',
    covered_vcpu_seconds Float64 COMMENT 'Those of hosts that reach the coverage that is asked for; 0 for a host.',
    storage_first_at DateTime('Asia/Shanghai') COMMENT 'Bucket of the first known use of the storage of the host; 1970 where there is none.',
    storage_last_at DateTime('Asia/Shanghai') COMMENT 'Bucket of the last known use.',
    storage_first_mib Int64 COMMENT 'First known use of storage in MiB (F6).',
    storage_last_mib Int64 COMMENT 'Last known use of storage in MiB (F6).',
    facts Map(LowCardinality(String), Float64) COMMENT 'Facts by name, as rules and reports use them (F3 to F6): ratios, Mbit/s, GiB a day. One that is not known is absent.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/month_facts', '{replica}')
PARTITION BY month
ORDER BY (month, run, provider, kind, subject)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Facts of the hosts, systems, units and providers of a month, as a run of judging saw them. Reports are made of them.';

INSERT INTO schema_migrations (number, name) VALUES (11, 'month_facts');

