-- Continues facts_series. Facts of every allocated host, day by day (F9).
SELECT any(a.provider) AS provider, any(a.host_id) AS host_id, s.day AS day,
    any(s.observed_seconds), any(s.off_seconds),
    any(if(s.cpu_n = 0, NULL, s.cpu_p95)) AS cpu_p95,
    any(if(s.mem_n = 0, NULL, s.memory_p95)) AS memory_p95,
    any(if(s.net_n = 0, NULL, s.network_bytes)) AS network_bytes
FROM (
    SELECT host, toDate(bucket) AS day, sum(observed_seconds) AS observed_seconds, 300 * countIf(is_off = 1) AS off_seconds,
        countIf(cpu >= 0) AS cpu_n, quantileExactWeightedIf(0.95)(cpu / cpu_alloc, 1, cpu >= 0) AS cpu_p95,
        countIf(mem >= 0) AS mem_n, quantileExactWeightedIf(0.95)(mem / mem_alloc, 1, mem >= 0) AS memory_p95,
        countIf(net >= 0) AS net_n, sumIf(net, net >= 0) * 288 / countIf(net >= 0) AS network_bytes
    FROM series GROUP BY host, day
) AS s
INNER JOIN alloc AS a ON a.host = s.host
GROUP BY s.host, s.day
ORDER BY provider, host_id, day
