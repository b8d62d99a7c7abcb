-- Step 0014_volumes for a cluster, made from the same step of the collector. Run it once on any
-- server, in the collector's database; the macros cluster, shard and replica must be configured.

-- Cloud disks: which are attached to a host and which are not (Art. 23, F6).

-- inventory_volumes
CREATE TABLE inventory_volumes ON CLUSTER '{cluster}' (
    seq UInt64 COMMENT 'Import that brought the row.',
    provider String COMMENT 'Provider of the disk.',
    volume_id String COMMENT 'Id of the disk on the platform; no host of the provider has the same.',
    platform String COMMENT 'Platform.',
    system String COMMENT 'Information system that the disk belongs to.',
    size_gib UInt64 COMMENT 'Allocated size in GiB. disk_gib of a host counts the disks that are attached to it already: sizes of attached disks are never added to those of hosts; disks that are not attached are listed and summed alone.',
    host_id String COMMENT 'Instance id of the host that it is attached to; empty while it is not attached.',
    effective_from DateTime('Asia/Shanghai') COMMENT 'From when on this row holds, until the next one of the disk.',
    state LowCardinality(String) COMMENT 'in_service or released.'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/inventory_volumes', '{replica}')
ORDER BY (provider, volume_id, effective_from, seq)
SETTINGS replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Cloud disks as allocated; every change is a row with the time from which it holds. Subjects of findings of kind volume are named provider/volume_id.';

-- Disks as intervals [valid_from, valid_to); the last one of a disk is open until 2106.
CREATE VIEW volume_allocations ON CLUSTER '{cluster}' AS
SELECT provider, volume_id, platform, system, size_gib, host_id, state,
    effective_from AS valid_from,
    leadInFrame(effective_from, 1, toDateTime(4294967295, 'Asia/Shanghai')) OVER (
        PARTITION BY provider, volume_id ORDER BY effective_from ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS valid_to
FROM (
    SELECT * FROM inventory_volumes
    WHERE seq IN (SELECT seq FROM inventory_imports)
    ORDER BY seq DESC LIMIT 1 BY provider, volume_id, effective_from
);

INSERT INTO schema_migrations (number, name) VALUES (14, 'volumes');

