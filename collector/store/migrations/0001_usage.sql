-- Usage: raw rows of agents and gateways, the buckets derived from them, and what is known of hosts.
-- A line "-- shard: EXPRESSION" before a table is the sharding key of its distributed variant,
-- "-- shard: everywhere" marks a small table that every replica holds whole.

-- shard: everywhere
CREATE TABLE hosts (
    host UInt64 COMMENT 'Key of the host: the first 8 bytes of SHA-256 over provider, a zero byte and host_id, big endian.',
    provider LowCardinality(String) COMMENT 'Provider whose token wrote the host, never a label.',
    host_id String COMMENT 'Identifier that the sender gave: label host, else instance.',
    registered_at DateTime('Asia/Shanghai') COMMENT 'When a collector saw the host for the first time.'
) ENGINE = ReplacingMergeTree
ORDER BY (host, provider, host_id)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Hosts that have reported. Two rows with one host would be a hash collision; the second is refused.';

-- shard: host
CREATE TABLE usage (
    host UInt64 COMMENT 'Key of the host, see hosts.' CODEC(ZSTD(1)),
    ts DateTime('Asia/Shanghai') COMMENT 'Start of the measured interval.' CODEC(Delta, ZSTD(1)),
    interval_seconds Int16 COMMENT 'Length of the measured interval; the sample''s time is its start. Unit: s.' CODEC(T64, ZSTD(1)),
    vcpus_stored Int16 COMMENT 'Stored form of vcpus: vCPU; -1 where not readable.' CODEC(T64, ZSTD(1)),
    cpu_used_millicores Int32 COMMENT 'Stored form of cpu_used_cores: cores x 1000; -1 where not readable.' CODEC(T64, ZSTD(1)),
    cpu_used_peak_millicores Int32 COMMENT 'Stored form of cpu_used_peak_cores: cores x 1000; -1 where not readable.' CODEC(T64, ZSTD(1)),
    cpu_iowait_millicores Int32 COMMENT 'Stored form of cpu_iowait_cores: cores x 1000; -1 where not readable.' CODEC(T64, ZSTD(1)),
    cpu_steal_millicores Int32 COMMENT 'Stored form of cpu_steal_cores: cores x 1000; -1 where not readable.' CODEC(T64, ZSTD(1)),
    memory_total_mib Int32 COMMENT 'Stored form of memory_total_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    memory_available_mib Int32 COMMENT 'Stored form of memory_available_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    memory_used_mib Int32 COMMENT 'Stored form of memory_used_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    memory_used_peak_mib Int32 COMMENT 'Stored form of memory_used_peak_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    swap_total_mib Int32 COMMENT 'Stored form of swap_total_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    swap_used_mib Int32 COMMENT 'Stored form of swap_used_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    load1_centi Int32 COMMENT 'Stored form of load1: processes x 100; -1 where not readable.' CODEC(T64, ZSTD(1)),
    load5_centi Int32 COMMENT 'Stored form of load5: processes x 100; -1 where not readable.' CODEC(T64, ZSTD(1)),
    network_receive_bytes_stored Int64 COMMENT 'Stored form of network_receive_bytes: bytes per interval; -1 where not readable.' CODEC(T64, ZSTD(1)),
    network_transmit_bytes_stored Int64 COMMENT 'Stored form of network_transmit_bytes: bytes per interval; -1 where not readable.' CODEC(T64, ZSTD(1)),
    agent_traffic_bytes_stored Int64 COMMENT 'Stored form of agent_traffic_bytes: bytes per interval; -1 where not readable.' CODEC(T64, ZSTD(1)),
    disk_read_bytes_stored Int64 COMMENT 'Stored form of disk_read_bytes: bytes per interval; -1 where not readable.' CODEC(T64, ZSTD(1)),
    disk_write_bytes_stored Int64 COMMENT 'Stored form of disk_write_bytes: bytes per interval; -1 where not readable.' CODEC(T64, ZSTD(1)),
    storage_size_mib Int32 COMMENT 'Stored form of storage_size_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    storage_used_mib Int32 COMMENT 'Stored form of storage_used_bytes: MiB; -1 where not readable.' CODEC(T64, ZSTD(1)),
    boot_time_seconds_stored Int64 COMMENT 'Stored form of boot_time_seconds: s since 1970; -1 where not readable.' CODEC(T64, ZSTD(1)),
    clock_offset_milliseconds Int32 COMMENT 'Stored form of clock_offset_seconds: s x 1000; -2147483648 where not readable.' CODEC(T64, ZSTD(1)),
    probe_failures_stored Int16 COMMENT 'Stored form of probe_failures: probes; -1 where not readable.' CODEC(T64, ZSTD(1)),
    received_at DateTime('Asia/Shanghai') COMMENT 'Hour in which the collector received the row; the raw retention counts from it, since spools hold months.' CODEC(Delta, ZSTD(1)),
    vcpus Nullable(Int16) ALIAS if(vcpus_stored = -1, NULL, vcpus_stored) COMMENT 'Online virtual CPUs. Unit: vCPU.',
    cpu_used_cores Nullable(Float64) ALIAS if(cpu_used_millicores = -1, NULL, cpu_used_millicores / 1000) COMMENT 'Mean CPU use in the interval, all time that is neither idle, iowait nor steal. Unit: cores.',
    cpu_used_peak_cores Nullable(Float64) ALIAS if(cpu_used_peak_millicores = -1, NULL, cpu_used_peak_millicores / 1000) COMMENT 'Highest CPU use of any look (5 s) in the interval. Unit: cores.',
    cpu_iowait_cores Nullable(Float64) ALIAS if(cpu_iowait_millicores = -1, NULL, cpu_iowait_millicores / 1000) COMMENT 'Mean time spent waiting for I/O. Unit: cores.',
    cpu_steal_cores Nullable(Float64) ALIAS if(cpu_steal_millicores = -1, NULL, cpu_steal_millicores / 1000) COMMENT 'Mean time the hypervisor ran something else while this host wanted to run. Unit: cores.',
    memory_total_bytes Nullable(Int64) ALIAS if(memory_total_mib = -1, NULL, toInt64(memory_total_mib) * 1048576) COMMENT 'MemTotal. Unit: bytes.',
    memory_available_bytes Nullable(Int64) ALIAS if(memory_available_mib = -1, NULL, toInt64(memory_available_mib) * 1048576) COMMENT 'Mean MemAvailable in the interval. Unit: bytes.',
    memory_used_bytes Nullable(Int64) ALIAS if(memory_used_mib = -1, NULL, toInt64(memory_used_mib) * 1048576) COMMENT 'Mean of MemTotal less MemAvailable in the interval. Unit: bytes.',
    memory_used_peak_bytes Nullable(Int64) ALIAS if(memory_used_peak_mib = -1, NULL, toInt64(memory_used_peak_mib) * 1048576) COMMENT 'Highest MemTotal less MemAvailable of any look (5 s) in the interval. Unit: bytes.',
    swap_total_bytes Nullable(Int64) ALIAS if(swap_total_mib = -1, NULL, toInt64(swap_total_mib) * 1048576) COMMENT 'SwapTotal. Unit: bytes.',
    swap_used_bytes Nullable(Int64) ALIAS if(swap_used_mib = -1, NULL, toInt64(swap_used_mib) * 1048576) COMMENT 'SwapTotal less SwapFree at the end of the interval. Unit: bytes.',
    load1 Nullable(Float64) ALIAS if(load1_centi = -1, NULL, load1_centi / 100) COMMENT 'Load average over one minute at the end of the interval. Unit: processes.',
    load5 Nullable(Float64) ALIAS if(load5_centi = -1, NULL, load5_centi / 100) COMMENT 'Load average over five minutes at the end of the interval. Unit: processes.',
    network_receive_bytes Nullable(Int64) ALIAS if(network_receive_bytes_stored = -1, NULL, network_receive_bytes_stored) COMMENT 'Bytes received in the interval by all interfaces but loopback, our own included. Unit: bytes per interval.',
    network_transmit_bytes Nullable(Int64) ALIAS if(network_transmit_bytes_stored = -1, NULL, network_transmit_bytes_stored) COMMENT 'Bytes sent in the interval by all interfaces but loopback, our own included. Unit: bytes per interval.',
    agent_traffic_bytes Nullable(Int64) ALIAS if(agent_traffic_bytes_stored = -1, NULL, agent_traffic_bytes_stored) COMMENT 'Bytes sent plus received by the agent''s own connections in the interval, so that idle rules are not broken by reporting. Unit: bytes per interval.',
    disk_read_bytes Nullable(Int64) ALIAS if(disk_read_bytes_stored = -1, NULL, disk_read_bytes_stored) COMMENT 'Bytes read in the interval from all whole disks. Unit: bytes per interval.',
    disk_write_bytes Nullable(Int64) ALIAS if(disk_write_bytes_stored = -1, NULL, disk_write_bytes_stored) COMMENT 'Bytes written in the interval to all whole disks. Unit: bytes per interval.',
    storage_size_bytes Nullable(Int64) ALIAS if(storage_size_mib = -1, NULL, toInt64(storage_size_mib) * 1048576) COMMENT 'Size of all local file systems, each device once. Unit: bytes.',
    storage_used_bytes Nullable(Int64) ALIAS if(storage_used_mib = -1, NULL, toInt64(storage_used_mib) * 1048576) COMMENT 'Used space of all local file systems, each device once. Unit: bytes.',
    boot_time_seconds Nullable(Int64) ALIAS if(boot_time_seconds_stored = -1, NULL, boot_time_seconds_stored) COMMENT 'Time of the last boot. Unit: s since 1970.',
    clock_offset_seconds Nullable(Float64) ALIAS if(clock_offset_milliseconds = -2147483648, NULL, clock_offset_milliseconds / 1000) COMMENT 'Host clock less collector clock, from the last answer; missing until there was one. Unit: s.',
    probe_failures Nullable(Int16) ALIAS if(probe_failures_stored = -1, NULL, probe_failures_stored) COMMENT 'Probes that could not read their source in the interval. Unit: probes.'
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (host, ts)
TTL received_at + INTERVAL 35 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Raw host totals, one row a host and interval, as scaled integers; each has an alias in natural units that is NULL where the value was not readable.';

-- shard: host
CREATE TABLE usage_device (
    host UInt64 COMMENT 'Key of the host, see hosts.' CODEC(ZSTD(1)),
    name LowCardinality(String) COMMENT 'Metric name without prefix, see docs/metrics.md.' CODEC(ZSTD(1)),
    label LowCardinality(String) COMMENT 'Mount point of filesystem_*, device of device_* and interface_*.' CODEC(ZSTD(1)),
    ts DateTime('Asia/Shanghai') COMMENT 'Start of the measured interval.' CODEC(Delta, ZSTD(1)),
    value Int64 COMMENT 'Value in the unit of the metric.' CODEC(T64, ZSTD(1)),
    received_at DateTime('Asia/Shanghai') COMMENT 'Hour in which the collector received the row.' CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (host, name, label, ts)
TTL received_at + INTERVAL 35 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Raw values of file systems, disks and network interfaces.';

-- shard: host
CREATE TABLE samples (
    host UInt64 COMMENT 'Key of the host, see hosts.' CODEC(ZSTD(1)),
    name LowCardinality(String) COMMENT 'Metric name as received.' CODEC(ZSTD(1)),
    labels String COMMENT 'All other labels, sorted by name, as name="value" with commas between.' CODEC(ZSTD(1)),
    ts DateTime64(3, 'Asia/Shanghai') COMMENT 'Time of the sample.' CODEC(Delta, ZSTD(1)),
    value Float64 COMMENT 'Value as received.' CODEC(Gorilla, ZSTD(1)),
    received_at DateTime('Asia/Shanghai') COMMENT 'Hour in which the collector received the row.' CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (host, name, labels, ts)
TTL received_at + INTERVAL 35 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Raw series that are not canonical, or not complete: node_exporter and other dialects, assembled by the derivation.';

-- shard: host
CREATE TABLE usage_5m (
    host UInt64 COMMENT 'Key of the host, see hosts.' CODEC(ZSTD(1)),
    bucket DateTime('Asia/Shanghai') COMMENT 'Start of the five minutes.' CODEC(Delta, ZSTD(1)),
    raw_rows UInt16 COMMENT 'Distinct raw instants used; a derivation from fewer never replaces one from more.' CODEC(T64, ZSTD(1)),
    observed_seconds UInt16 COMMENT 'Seconds of the bucket that the raw rows cover, at most 300; coverage (F1) counts them.' CODEC(T64, ZSTD(1)),
    vcpus_stored Int16 COMMENT 'Maximum: stored form of vcpus: vCPU; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    cpu_used_millicores Int32 COMMENT 'Mean: stored form of cpu_used_cores: cores x 1000; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    cpu_used_peak_millicores Int32 COMMENT 'Maximum: stored form of cpu_used_peak_cores: cores x 1000; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    cpu_iowait_millicores Int32 COMMENT 'Mean: stored form of cpu_iowait_cores: cores x 1000; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    cpu_steal_millicores Int32 COMMENT 'Mean: stored form of cpu_steal_cores: cores x 1000; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    memory_total_mib Int32 COMMENT 'Maximum: stored form of memory_total_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    memory_available_mib Int32 COMMENT 'Mean: stored form of memory_available_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    memory_used_mib Int32 COMMENT 'Mean: stored form of memory_used_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    memory_used_peak_mib Int32 COMMENT 'Maximum: stored form of memory_used_peak_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    swap_total_mib Int32 COMMENT 'Maximum: stored form of swap_total_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    swap_used_mib Int32 COMMENT 'Mean: stored form of swap_used_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    load1_centi Int32 COMMENT 'Mean: stored form of load1: processes x 100; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    load5_centi Int32 COMMENT 'Mean: stored form of load5: processes x 100; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    network_receive_bytes_stored Int64 COMMENT 'Sum, scaled from the observed seconds to the whole bucket: stored form of network_receive_bytes: bytes per interval; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    network_transmit_bytes_stored Int64 COMMENT 'Sum, scaled from the observed seconds to the whole bucket: stored form of network_transmit_bytes: bytes per interval; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    agent_traffic_bytes_stored Int64 COMMENT 'Sum, scaled from the observed seconds to the whole bucket: stored form of agent_traffic_bytes: bytes per interval; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    disk_read_bytes_stored Int64 COMMENT 'Sum, scaled from the observed seconds to the whole bucket: stored form of disk_read_bytes: bytes per interval; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    disk_write_bytes_stored Int64 COMMENT 'Sum, scaled from the observed seconds to the whole bucket: stored form of disk_write_bytes: bytes per interval; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    storage_size_mib Int32 COMMENT 'Maximum: stored form of storage_size_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    storage_used_mib Int32 COMMENT 'Mean: stored form of storage_used_bytes: MiB; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    boot_time_seconds_stored Int64 COMMENT 'Maximum: stored form of boot_time_seconds: s since 1970; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    clock_offset_milliseconds Int32 COMMENT 'Value farthest from zero: stored form of clock_offset_seconds: s x 1000; -2147483648 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    probe_failures_stored Int16 COMMENT 'Maximum: stored form of probe_failures: probes; -1 where fewer than 3/5 of the bucket were observed.' CODEC(T64, ZSTD(1)),
    derived_at DateTime('Asia/Shanghai') COMMENT 'When the bucket was derived.' CODEC(Delta, ZSTD(1)),
    vcpus Nullable(Int16) ALIAS if(vcpus_stored = -1, NULL, vcpus_stored) COMMENT 'Online virtual CPUs. Unit: vCPU.',
    cpu_used_cores Nullable(Float64) ALIAS if(cpu_used_millicores = -1, NULL, cpu_used_millicores / 1000) COMMENT 'Mean CPU use in the interval, all time that is neither idle, iowait nor steal. Unit: cores.',
    cpu_used_peak_cores Nullable(Float64) ALIAS if(cpu_used_peak_millicores = -1, NULL, cpu_used_peak_millicores / 1000) COMMENT 'Highest CPU use of any look (5 s) in the interval. Unit: cores.',
    cpu_iowait_cores Nullable(Float64) ALIAS if(cpu_iowait_millicores = -1, NULL, cpu_iowait_millicores / 1000) COMMENT 'Mean time spent waiting for I/O. Unit: cores.',
    cpu_steal_cores Nullable(Float64) ALIAS if(cpu_steal_millicores = -1, NULL, cpu_steal_millicores / 1000) COMMENT 'Mean time the hypervisor ran something else while this host wanted to run. Unit: cores.',
    memory_total_bytes Nullable(Int64) ALIAS if(memory_total_mib = -1, NULL, toInt64(memory_total_mib) * 1048576) COMMENT 'MemTotal. Unit: bytes.',
    memory_available_bytes Nullable(Int64) ALIAS if(memory_available_mib = -1, NULL, toInt64(memory_available_mib) * 1048576) COMMENT 'Mean MemAvailable in the interval. Unit: bytes.',
    memory_used_bytes Nullable(Int64) ALIAS if(memory_used_mib = -1, NULL, toInt64(memory_used_mib) * 1048576) COMMENT 'Mean of MemTotal less MemAvailable in the interval. Unit: bytes.',
    memory_used_peak_bytes Nullable(Int64) ALIAS if(memory_used_peak_mib = -1, NULL, toInt64(memory_used_peak_mib) * 1048576) COMMENT 'Highest MemTotal less MemAvailable of any look (5 s) in the interval. Unit: bytes.',
    swap_total_bytes Nullable(Int64) ALIAS if(swap_total_mib = -1, NULL, toInt64(swap_total_mib) * 1048576) COMMENT 'SwapTotal. Unit: bytes.',
    swap_used_bytes Nullable(Int64) ALIAS if(swap_used_mib = -1, NULL, toInt64(swap_used_mib) * 1048576) COMMENT 'SwapTotal less SwapFree at the end of the interval. Unit: bytes.',
    load1 Nullable(Float64) ALIAS if(load1_centi = -1, NULL, load1_centi / 100) COMMENT 'Load average over one minute at the end of the interval. Unit: processes.',
    load5 Nullable(Float64) ALIAS if(load5_centi = -1, NULL, load5_centi / 100) COMMENT 'Load average over five minutes at the end of the interval. Unit: processes.',
    network_receive_bytes Nullable(Int64) ALIAS if(network_receive_bytes_stored = -1, NULL, network_receive_bytes_stored) COMMENT 'Bytes received in the interval by all interfaces but loopback, our own included. Unit: bytes per interval.',
    network_transmit_bytes Nullable(Int64) ALIAS if(network_transmit_bytes_stored = -1, NULL, network_transmit_bytes_stored) COMMENT 'Bytes sent in the interval by all interfaces but loopback, our own included. Unit: bytes per interval.',
    agent_traffic_bytes Nullable(Int64) ALIAS if(agent_traffic_bytes_stored = -1, NULL, agent_traffic_bytes_stored) COMMENT 'Bytes sent plus received by the agent''s own connections in the interval, so that idle rules are not broken by reporting. Unit: bytes per interval.',
    disk_read_bytes Nullable(Int64) ALIAS if(disk_read_bytes_stored = -1, NULL, disk_read_bytes_stored) COMMENT 'Bytes read in the interval from all whole disks. Unit: bytes per interval.',
    disk_write_bytes Nullable(Int64) ALIAS if(disk_write_bytes_stored = -1, NULL, disk_write_bytes_stored) COMMENT 'Bytes written in the interval to all whole disks. Unit: bytes per interval.',
    storage_size_bytes Nullable(Int64) ALIAS if(storage_size_mib = -1, NULL, toInt64(storage_size_mib) * 1048576) COMMENT 'Size of all local file systems, each device once. Unit: bytes.',
    storage_used_bytes Nullable(Int64) ALIAS if(storage_used_mib = -1, NULL, toInt64(storage_used_mib) * 1048576) COMMENT 'Used space of all local file systems, each device once. Unit: bytes.',
    boot_time_seconds Nullable(Int64) ALIAS if(boot_time_seconds_stored = -1, NULL, boot_time_seconds_stored) COMMENT 'Time of the last boot. Unit: s since 1970.',
    clock_offset_seconds Nullable(Float64) ALIAS if(clock_offset_milliseconds = -2147483648, NULL, clock_offset_milliseconds / 1000) COMMENT 'Host clock less collector clock, from the last answer; missing until there was one. Unit: s.',
    probe_failures Nullable(Int16) ALIAS if(probe_failures_stored = -1, NULL, probe_failures_stored) COMMENT 'Probes that could not read their source in the interval. Unit: probes.'
) ENGINE = ReplacingMergeTree(raw_rows)
PARTITION BY toYYYYMM(bucket)
ORDER BY (host, bucket)
TTL bucket + INTERVAL 25 MONTH
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Five-minute values of every host: the truth for judging, a pure function of the raw rows.';

-- shard: host
CREATE TABLE derive_pending (
    batch UInt64 COMMENT 'Group commit that touched the buckets.',
    created DateTime('Asia/Shanghai') COMMENT 'When the group commit began.' CODEC(Delta, ZSTD(1)),
    host UInt64 COMMENT 'Key of the host, see hosts.' CODEC(ZSTD(1)),
    bucket DateTime('Asia/Shanghai') COMMENT 'First touched bucket of the run.' CODEC(Delta, ZSTD(1)),
    buckets UInt32 COMMENT 'Number of consecutive touched buckets of 300 s.' CODEC(T64, ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toStartOfHour(created)
ORDER BY (batch, host, bucket)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Buckets whose raw rows have changed; written before the rows, worked off by any collector.';

-- shard: everywhere
CREATE TABLE derive_done (
    batch UInt64 COMMENT 'Group commit whose buckets have all been derived.',
    created DateTime('Asia/Shanghai') COMMENT 'When the group commit began, as in derive_pending.'
) ENGINE = MergeTree
PARTITION BY toStartOfHour(created)
ORDER BY batch
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Group commits that need no further derivation; its partitions go together with those of derive_pending.';

-- shard: host
CREATE TABLE host_identity (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    at DateTime('Asia/Shanghai') COMMENT 'When the agent looked.',
    host_kind LowCardinality(String) COMMENT 'Where host_id comes from: configured, cloud-init, dmi, machine-id or instance.',
    machine_id String COMMENT 'Content of /etc/machine-id; cloned with images, so never an identity by itself.',
    boot_id String COMMENT 'Identifier of the boot.',
    boot_time DateTime('Asia/Shanghai') COMMENT 'Time of the boot; 1970 where not readable.',
    hostname String COMMENT 'Host name.',
    os LowCardinality(String) COMMENT 'ID of os-release.',
    os_version LowCardinality(String) COMMENT 'VERSION_ID of os-release.',
    os_name LowCardinality(String) COMMENT 'PRETTY_NAME of os-release.',
    kernel LowCardinality(String) COMMENT 'Kernel release.',
    architecture LowCardinality(String) COMMENT 'CPU architecture as Go names it.',
    vcpus UInt16 COMMENT 'Online virtual CPUs; 0 where not readable.',
    memory_bytes UInt64 COMMENT 'MemTotal; 0 where not readable.',
    agent_version LowCardinality(String) COMMENT 'Version of the agent.',
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.'
) ENGINE = ReplacingMergeTree(received_at)
ORDER BY (host, at)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'History of what each host said it is (identity/v1). Two boot ids that interleave under one host are a conflict finding.';

-- shard: host
CREATE TABLE power_events (
    host UInt64 COMMENT 'Key of the host, see hosts.',
    off_at DateTime('Asia/Shanghai') COMMENT 'Start of the time for which the host is known to have been off.',
    on_at DateTime('Asia/Shanghai') COMMENT 'End of that time, exclusive.',
    source LowCardinality(String) COMMENT 'Who says so: a platform, or replay.',
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the document.'
) ENGINE = ReplacingMergeTree(received_at)
ORDER BY (host, off_at, source)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Times when a host was known to be off (power/v1). Any other silence is unknown.';

-- shard: rand()
CREATE TABLE quarantine (
    received_at DateTime('Asia/Shanghai') COMMENT 'When the collector received the sample.',
    provider LowCardinality(String) COMMENT 'Provider of the token.',
    host_id String COMMENT 'Host that the sample names.',
    series String COMMENT 'Metric name and labels.',
    ts DateTime64(3, 'Asia/Shanghai') COMMENT 'Time of the sample.',
    value Float64 COMMENT 'Value as received.',
    reason LowCardinality(String) COMMENT 'Why: future, too_old or bad_interval.'
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (received_at, provider, host_id)
TTL received_at + INTERVAL 35 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Samples that were refused for their time; kept to be looked at, never judged.';
