-- Derives the touched buckets between two instants of the given group commits from the raw rows.
-- A value is missing unless it was observed in at least 3/5 of the bucket (180 s). All
-- arithmetic is on integers, so that the result does not depend on the order of rows.
INSERT INTO usage_5m (
    host, bucket, raw_rows, observed_seconds,
    vcpus_stored,
    cpu_used_millicores,
    cpu_used_peak_millicores,
    cpu_iowait_millicores,
    cpu_steal_millicores,
    memory_total_mib,
    memory_available_mib,
    memory_used_mib,
    memory_used_peak_mib,
    swap_total_mib,
    swap_used_mib,
    load1_centi,
    load5_centi,
    network_receive_bytes_stored,
    network_transmit_bytes_stored,
    agent_traffic_bytes_stored,
    disk_read_bytes_stored,
    disk_write_bytes_stored,
    storage_size_mib,
    storage_used_mib,
    boot_time_seconds_stored,
    clock_offset_milliseconds,
    probe_failures_stored,
    derived_at
)
SELECT
    host,
    toStartOfFiveMinutes(ts) AS bucket,
    toUInt16(count()) AS raw_rows,
    toUInt16(least(sum(i), 300)) AS observed_seconds,
    if(sumIf(i, vcpus_stored != -1) < 180, -1, max(vcpus_stored)),
    if(sumIf(i, cpu_used_millicores != -1) < 180, -1, intDiv(2 * sumIf(toInt64(cpu_used_millicores) * i, cpu_used_millicores != -1) + sumIf(i, cpu_used_millicores != -1), 2 * sumIf(i, cpu_used_millicores != -1))),
    if(sumIf(i, cpu_used_peak_millicores != -1) < 180, -1, max(cpu_used_peak_millicores)),
    if(sumIf(i, cpu_iowait_millicores != -1) < 180, -1, intDiv(2 * sumIf(toInt64(cpu_iowait_millicores) * i, cpu_iowait_millicores != -1) + sumIf(i, cpu_iowait_millicores != -1), 2 * sumIf(i, cpu_iowait_millicores != -1))),
    if(sumIf(i, cpu_steal_millicores != -1) < 180, -1, intDiv(2 * sumIf(toInt64(cpu_steal_millicores) * i, cpu_steal_millicores != -1) + sumIf(i, cpu_steal_millicores != -1), 2 * sumIf(i, cpu_steal_millicores != -1))),
    if(sumIf(i, memory_total_mib != -1) < 180, -1, max(memory_total_mib)),
    if(sumIf(i, memory_available_mib != -1) < 180, -1, intDiv(2 * sumIf(toInt64(memory_available_mib) * i, memory_available_mib != -1) + sumIf(i, memory_available_mib != -1), 2 * sumIf(i, memory_available_mib != -1))),
    if(sumIf(i, memory_used_mib != -1) < 180, -1, intDiv(2 * sumIf(toInt64(memory_used_mib) * i, memory_used_mib != -1) + sumIf(i, memory_used_mib != -1), 2 * sumIf(i, memory_used_mib != -1))),
    if(sumIf(i, memory_used_peak_mib != -1) < 180, -1, max(memory_used_peak_mib)),
    if(sumIf(i, swap_total_mib != -1) < 180, -1, max(swap_total_mib)),
    if(sumIf(i, swap_used_mib != -1) < 180, -1, intDiv(2 * sumIf(toInt64(swap_used_mib) * i, swap_used_mib != -1) + sumIf(i, swap_used_mib != -1), 2 * sumIf(i, swap_used_mib != -1))),
    if(sumIf(i, load1_centi != -1) < 180, -1, intDiv(2 * sumIf(toInt64(load1_centi) * i, load1_centi != -1) + sumIf(i, load1_centi != -1), 2 * sumIf(i, load1_centi != -1))),
    if(sumIf(i, load5_centi != -1) < 180, -1, intDiv(2 * sumIf(toInt64(load5_centi) * i, load5_centi != -1) + sumIf(i, load5_centi != -1), 2 * sumIf(i, load5_centi != -1))),
    if(sumIf(i, network_receive_bytes_stored != -1) < 180, -1, intDiv(sumIf(network_receive_bytes_stored, network_receive_bytes_stored != -1) * 300, sumIf(i, network_receive_bytes_stored != -1))),
    if(sumIf(i, network_transmit_bytes_stored != -1) < 180, -1, intDiv(sumIf(network_transmit_bytes_stored, network_transmit_bytes_stored != -1) * 300, sumIf(i, network_transmit_bytes_stored != -1))),
    if(sumIf(i, agent_traffic_bytes_stored != -1) < 180, -1, intDiv(sumIf(agent_traffic_bytes_stored, agent_traffic_bytes_stored != -1) * 300, sumIf(i, agent_traffic_bytes_stored != -1))),
    if(sumIf(i, disk_read_bytes_stored != -1) < 180, -1, intDiv(sumIf(disk_read_bytes_stored, disk_read_bytes_stored != -1) * 300, sumIf(i, disk_read_bytes_stored != -1))),
    if(sumIf(i, disk_write_bytes_stored != -1) < 180, -1, intDiv(sumIf(disk_write_bytes_stored, disk_write_bytes_stored != -1) * 300, sumIf(i, disk_write_bytes_stored != -1))),
    if(sumIf(i, storage_size_mib != -1) < 180, -1, max(storage_size_mib)),
    if(sumIf(i, storage_used_mib != -1) < 180, -1, intDiv(2 * sumIf(toInt64(storage_used_mib) * i, storage_used_mib != -1) + sumIf(i, storage_used_mib != -1), 2 * sumIf(i, storage_used_mib != -1))),
    if(sumIf(i, boot_time_seconds_stored != -1) < 180, -1, max(boot_time_seconds_stored)),
    if(sumIf(i, clock_offset_milliseconds != -2147483648) < 180, -2147483648, if(-minIf(clock_offset_milliseconds, clock_offset_milliseconds != -2147483648) > maxIf(clock_offset_milliseconds, clock_offset_milliseconds != -2147483648), minIf(clock_offset_milliseconds, clock_offset_milliseconds != -2147483648), maxIf(clock_offset_milliseconds, clock_offset_milliseconds != -2147483648))),
    if(sumIf(i, probe_failures_stored != -1) < 180, -1, max(probe_failures_stored)),
    now() AS derived_at
FROM (SELECT *, toInt64(interval_seconds) AS i FROM usage FINAL
      WHERE ts >= {from:DateTime('Asia/Shanghai')} AND ts < {to:DateTime('Asia/Shanghai')}
        AND host IN (SELECT host FROM derive_pending WHERE batch IN {batches:Array(UInt64)}
            AND bucket < {to:DateTime('Asia/Shanghai')} AND bucket + 300 * buckets > {from:DateTime('Asia/Shanghai')})
        AND (host, toStartOfFiveMinutes(ts)) IN (
            SELECT host, arrayJoin(arrayMap(k -> bucket + 300 * k, range(buckets)))
            FROM derive_pending WHERE batch IN {batches:Array(UInt64)}
            AND bucket < {to:DateTime('Asia/Shanghai')} AND bucket + 300 * buckets > {from:DateTime('Asia/Shanghai')}))
GROUP BY host, bucket
