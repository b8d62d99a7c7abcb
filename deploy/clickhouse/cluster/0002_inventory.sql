-- Step 0002_inventory for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- Inventory: who provides, who uses, what is allocated. Every row carries the number of the import
-- that brought it; rows of an import that is not in inventory_imports do not exist for any reader,
-- so that nothing of a refused or interrupted import is half-imported.

-- inventory_imports
CREATE TABLE inventory_imports ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Number of the import: nanoseconds since 1970. A later import wins over an earlier one, row by row.',
    imported_at DateTime('Asia/Shanghai') COMMENT 'When it was imported.',
    imported_by String COMMENT 'Who imported it.',
    file String COMMENT 'Name of the file.',
    sha256 String COMMENT 'SHA-256 of the file, hex.',
    rows UInt32 COMMENT 'Rows in all tables.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_imports', '{replica}')
ORDER BY seq
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Completed imports; written last.';

-- inventory_providers
CREATE TABLE inventory_providers ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    id String COMMENT 'Identifier of the cloud provider, as in its tokens.',
    name String COMMENT 'Name.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_providers', '{replica}')
ORDER BY (id, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Cloud providers (yunfuwushang).';

-- inventory_platforms
CREATE TABLE inventory_platforms ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    id String COMMENT 'Identifier of the platform.',
    name String COMMENT 'Name.',
    kind LowCardinality(String) COMMENT 'supervision, provider, integration or dr (Art. 3).',
    provider String COMMENT 'Provider that runs it.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_platforms', '{replica}')
ORDER BY (id, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Cloud platforms.';

-- inventory_units
CREATE TABLE inventory_units ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    code String COMMENT 'Unified social credit code of 18 characters (GB 32100-2015), or an internal code.',
    name String COMMENT 'Name.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_units', '{replica}')
ORDER BY (code, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Using units.';

-- inventory_systems
CREATE TABLE inventory_systems ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    id String COMMENT 'Identifier of the information system.',
    name String COMMENT 'Name.',
    unit String COMMENT 'Code of the using unit.',
    platform String COMMENT 'Platform it runs on; empty where not given.',
    djbh_level UInt8 COMMENT 'Level of classified protection (dengbao), 1 to 4; 0 where not given.',
    cutover_date Nullable(Date) COMMENT 'Day of cut-over (Art. 19, 20); NULL where not given.',
    status LowCardinality(String) COMMENT 'trial, running, transition or retired.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_systems', '{replica}')
ORDER BY (id, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Information systems, the subjects of Art. 23.';

-- inventory_flavors
CREATE TABLE inventory_flavors ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    id String COMMENT 'Identifier of the flavour.',
    family String COMMENT 'Family of flavours among which a host may be resized; empty where not given.',
    vcpu UInt32 COMMENT 'Virtual CPUs.',
    memory_mib UInt64 COMMENT 'Memory in MiB.',
    price_yuan_month Nullable(Decimal(12, 2)) COMMENT 'Price in yuan a month; NULL where not given.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_flavors', '{replica}')
ORDER BY (id, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Flavours that providers offer.';

-- inventory_hosts
CREATE TABLE inventory_hosts ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    host UInt64 COMMENT 'Key of the host, see hosts.',
    provider String COMMENT 'Provider of the host.',
    host_id String COMMENT 'Instance id on the platform.',
    platform String COMMENT 'Platform; empty where not given.',
    system String COMMENT 'Information system that the host belongs to.',
    flavor String COMMENT 'Flavour; empty where not given.',
    vcpu UInt32 COMMENT 'Allocated virtual CPUs.',
    memory_mib UInt64 COMMENT 'Allocated memory in MiB.',
    disk_gib UInt64 COMMENT 'Allocated disk in GiB.',
    in_service_date Nullable(Date) COMMENT 'Day on which the host was handed over; NULL where not given.',
    effective_from DateTime('Asia/Shanghai') COMMENT 'From when on this row holds, until the next one of the host.',
    state LowCardinality(String) COMMENT 'in_service or released.',
    owner LowCardinality(String) COMMENT 'Who answers for the guest: provider or unit (Art. 5, 12).',
    machine_id String COMMENT 'Machine id for matching; empty where not given.',
    instance String COMMENT 'Value of the label instance that foreign senders use; empty where not given.',
    standby UInt8 COMMENT '1 for a disaster-recovery or standby host (Art. 25).'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_hosts', '{replica}')
ORDER BY (host, effective_from, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Hosts as allocated; every change is a row with the time from which it holds.';

-- inventory_exemptions
CREATE TABLE inventory_exemptions ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    subject_kind LowCardinality(String) COMMENT 'information_system or host.',
    subject String COMMENT 'Identifier of the system or host.',
    kind LowCardinality(String) COMMENT 'Kind of the exemption, as in the rule files.',
    reason String COMMENT 'Why.',
    approver String COMMENT 'Who approved it.',
    expires Date COMMENT 'Last day on which it holds.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_exemptions', '{replica}')
ORDER BY (subject_kind, subject, kind, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Exemptions from judging, each with reason, approver and last day.';

-- inventory_prices
CREATE TABLE inventory_prices ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    provider String COMMENT 'Provider.',
    resource LowCardinality(String) COMMENT 'vcpu, memory_gib or disk_gib.',
    yuan_month Decimal(12, 4) COMMENT 'Yuan a month for one vCPU or one GiB.',
    effective_from Date COMMENT 'First day on which the price holds.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_prices', '{replica}')
ORDER BY (provider, resource, effective_from, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Unit prices, for saving (F11).';

CREATE VIEW providers ON CLUSTER '{cluster}' AS
SELECT id, argMax(name, seq) AS name
FROM inventory_providers WHERE seq IN (SELECT seq FROM inventory_imports) GROUP BY id;

CREATE VIEW platforms ON CLUSTER '{cluster}' AS
SELECT id, argMax(name, p.seq) AS name, argMax(kind, p.seq) AS kind, argMax(provider, p.seq) AS provider
FROM inventory_platforms AS p WHERE seq IN (SELECT seq FROM inventory_imports) GROUP BY id;

CREATE VIEW units ON CLUSTER '{cluster}' AS
SELECT code, argMax(name, seq) AS name
FROM inventory_units WHERE seq IN (SELECT seq FROM inventory_imports) GROUP BY code;

CREATE VIEW information_systems ON CLUSTER '{cluster}' AS
SELECT id, argMax(name, seq) AS name, argMax(unit, seq) AS unit, argMax(platform, seq) AS platform,
    argMax(djbh_level, seq) AS djbh_level, argMax(tuple(cutover_date), seq).1 AS cutover_date, argMax(status, seq) AS status
FROM inventory_systems WHERE seq IN (SELECT seq FROM inventory_imports) GROUP BY id;

CREATE VIEW flavors ON CLUSTER '{cluster}' AS
SELECT id, argMax(family, seq) AS family, argMax(vcpu, seq) AS vcpu, argMax(memory_mib, seq) AS memory_mib,
    argMax(tuple(price_yuan_month), seq).1 AS price_yuan_month
FROM inventory_flavors WHERE seq IN (SELECT seq FROM inventory_imports) GROUP BY id;

CREATE VIEW exemptions ON CLUSTER '{cluster}' AS
SELECT subject_kind, subject, kind, argMax(reason, seq) AS reason, argMax(approver, seq) AS approver, argMax(expires, seq) AS expires
FROM inventory_exemptions WHERE seq IN (SELECT seq FROM inventory_imports) GROUP BY subject_kind, subject, kind;

-- Allocation as intervals [valid_from, valid_to); the last one of a host is open until 2106.
CREATE VIEW allocations ON CLUSTER '{cluster}' AS
SELECT host, provider, host_id, platform, system, flavor, vcpu, memory_mib, disk_gib, in_service_date, state, owner, machine_id, instance, standby,
    effective_from AS valid_from,
    leadInFrame(effective_from, 1, toDateTime(4294967295, 'Asia/Shanghai')) OVER (
        PARTITION BY host ORDER BY effective_from ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS valid_to
FROM (
    SELECT * FROM inventory_hosts
    WHERE seq IN (SELECT seq FROM inventory_imports)
    ORDER BY seq DESC LIMIT 1 BY host, effective_from
);

-- allocation_daily
CREATE TABLE allocation_daily_local ON CLUSTER '{cluster}' (
    day Date COMMENT 'Day of the snapshot.',
    host UInt64 COMMENT 'Key of the host, see hosts.',
    provider LowCardinality(String) COMMENT 'Provider.',
    host_id String COMMENT 'Instance id on the platform.',
    unit String COMMENT 'Code of the using unit.',
    system String COMMENT 'Information system.',
    vcpu UInt32 COMMENT 'Allocated virtual CPUs.' CODEC(T64, ZSTD(1)),
    memory_mib UInt64 COMMENT 'Allocated memory in MiB.' CODEC(T64, ZSTD(1)),
    disk_gib UInt64 COMMENT 'Allocated disk in GiB.' CODEC(T64, ZSTD(1)),
    taken_at DateTime('Asia/Shanghai') COMMENT 'When the snapshot was taken.'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{cluster}/{shard}/{database}/allocation_daily', '{replica}', taken_at)
PARTITION BY toYear(day)
ORDER BY (day, host)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What was allocated on each day, as known on that day: the evidence of the yearly settlement (Art. 33).';

CREATE TABLE allocation_daily ON CLUSTER '{cluster}' AS allocation_daily_local
ENGINE = Distributed('{cluster}', currentDatabase(), 'allocation_daily_local', host);

INSERT INTO schema_migrations (number, name) VALUES (2, 'inventory');

