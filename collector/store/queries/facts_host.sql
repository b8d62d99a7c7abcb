-- Continues facts_series. Facts of every allocated host (F1, F3-F6 on the host itself).
SELECT
    a.provider, a.host_id, a.system,
    a.vcpu, a.memory_mib, a.disk_gib, a.standby, a.at_end, a.seconds,
    s.observed_seconds, s.off_seconds,
    if(s.cpu_n = 0, NULL, s.cpu_avg) AS cpu_avg, if(s.cpu_n = 0, NULL, s.cpu_p95) AS cpu_p95, if(s.cpu_n = 0, NULL, s.cpu_max) AS cpu_max,
    if(s.peak_n = 0, NULL, s.cpu_peak) AS cpu_peak,
    if(s.work_n = 0, NULL, s.cpu_p95_working_hours) AS cpu_p95_working_hours,
    if(s.mem_n = 0, NULL, s.memory_avg) AS memory_avg, if(s.mem_n = 0, NULL, s.memory_p95) AS memory_p95, if(s.mem_n = 0, NULL, s.memory_max) AS memory_max,
    if(s.cpu_run_n = 0, NULL, s.cpu_avg_running) AS cpu_avg_running, if(s.cpu_run_n = 0, NULL, s.cpu_p95_running) AS cpu_p95_running,
    if(s.mem_run_n = 0, NULL, s.memory_avg_running) AS memory_avg_running, if(s.mem_run_n = 0, NULL, s.memory_p95_running) AS memory_p95_running,
    if(s.net_n = 0, NULL, s.network_avg) AS network_avg_mbps,
    if(s.storage_n = 0 OR a.disk_gib = 0, NULL, s.storage_last / (a.disk_gib * 1024)) AS storage_used_ratio
FROM (
    SELECT host, any(provider) AS provider, any(host_id) AS host_id, argMax(system, a_to) AS system,
        argMax(vcpu, a_to) AS vcpu, argMax(memory_mib, a_to) AS memory_mib, argMax(disk_gib, a_to) AS disk_gib, argMax(standby, a_to) AS standby,
        toUInt64(sum(toUInt32(a_to) - toUInt32(a_from))) AS seconds,
        max(a_to) = t_to AS at_end
    FROM alloc GROUP BY host
) AS a
LEFT JOIN (
    SELECT host,
        sum(observed_seconds) AS observed_seconds, 300 * countIf(is_off = 1) AS off_seconds,
        countIf(cpu >= 0) AS cpu_n, countIf(mem >= 0) AS mem_n,
        countIf(cpu >= 0 AND is_off = 0) AS cpu_run_n, countIf(mem >= 0 AND is_off = 0) AS mem_run_n,
        sumIf(cpu, cpu >= 0) / sumIf(cpu_alloc, cpu >= 0) AS cpu_avg,
        quantileExactWeightedIf(0.95)(cpu / cpu_alloc, 1, cpu >= 0) AS cpu_p95,
        maxIf(cpu / cpu_alloc, cpu >= 0) AS cpu_max,
        countIf(peak >= 0 AND is_off = 0) AS peak_n,
        maxIf(peak / cpu_alloc, peak >= 0) AS cpu_peak,
        countIf(cpu >= 0 AND toDate(bucket) IN {workdays:Array(Date)} AND toHour(bucket) BETWEEN 9 AND 17) AS work_n,
        quantileExactWeightedIf(0.95)(cpu / cpu_alloc, 1, cpu >= 0 AND toDate(bucket) IN {workdays:Array(Date)} AND toHour(bucket) BETWEEN 9 AND 17) AS cpu_p95_working_hours,
        sumIf(mem, mem >= 0) / sumIf(mem_alloc, mem >= 0) AS memory_avg,
        quantileExactWeightedIf(0.95)(mem / mem_alloc, 1, mem >= 0) AS memory_p95,
        maxIf(mem / mem_alloc, mem >= 0) AS memory_max,
        sumIf(cpu, cpu >= 0 AND is_off = 0) / sumIf(cpu_alloc, cpu >= 0 AND is_off = 0) AS cpu_avg_running,
        quantileExactWeightedIf(0.95)(cpu / cpu_alloc, 1, cpu >= 0 AND is_off = 0) AS cpu_p95_running,
        sumIf(mem, mem >= 0 AND is_off = 0) / sumIf(mem_alloc, mem >= 0 AND is_off = 0) AS memory_avg_running,
        quantileExactWeightedIf(0.95)(mem / mem_alloc, 1, mem >= 0 AND is_off = 0) AS memory_p95_running,
        countIf(net >= 0) AS net_n, sumIf(net, net >= 0) * 8 / (countIf(net >= 0) * 300) / 1e6 AS network_avg,
        countIf(storage >= 0) AS storage_n, argMaxIf(storage, bucket, storage >= 0) AS storage_last
    FROM series GROUP BY host
) AS s ON a.host = s.host
ORDER BY a.provider, a.host_id
