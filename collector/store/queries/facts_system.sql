-- Continues facts_series. Facts of every information system, using unit or provider,
-- as the parameter by says (F3-F5; percentiles of the summed series, F4).
    ,
    -- What is allocated to a party at an instant, as a step function.
    step AS (
        SELECT party, at, sum(sum(vcpu_change)) OVER (PARTITION BY party ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS vcpu,
            sum(sum(memory_change)) OVER (PARTITION BY party ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS memory_mib
        FROM (
            SELECT party, a_from AS at, toInt64(vcpu) AS vcpu_change, toInt64(memory_mib) AS memory_change FROM alloc WHERE vcpu > 0 AND memory_mib > 0
            UNION ALL
            SELECT party, a_to, -toInt64(vcpu), -toInt64(memory_mib) FROM alloc WHERE vcpu > 0 AND memory_mib > 0
        )
        GROUP BY party, at
    ),
    -- F4: hosts are added up at each instant before any percentile is taken. A host that is missing
    -- at an instant leaves numerator and denominator; the instant counts if at least 90 % of the
    -- allocation was observed (reports.md E 2).
    instant AS (
        SELECT b.party AS party, b.bucket AS bucket,
            cpu_sum, cpu_seen, cpu_run, mem_sum, mem_seen, mem_run,
            cpu_seen > 0 AND cpu_seen * 10 >= p.vcpu * 9000 AS cpu_valid,
            mem_seen > 0 AND mem_seen * 10 >= p.memory_mib * 9 AS mem_valid
        FROM (
            SELECT party, bucket,
                sumIf(cpu, cpu >= 0) AS cpu_sum, toInt64(sumIf(cpu_alloc, cpu >= 0)) AS cpu_seen, toInt64(sumIf(cpu_alloc, cpu >= 0 AND is_off = 0)) AS cpu_run,
                sumIf(mem, mem >= 0) AS mem_sum, sumIf(mem_alloc, mem >= 0) AS mem_seen, sumIf(mem_alloc, mem >= 0 AND is_off = 0) AS mem_run
            FROM series GROUP BY party, bucket
        ) AS b
        ASOF INNER JOIN step AS p ON b.party = p.party AND b.bucket >= p.at
    )
SELECT party,
    if(countIf(cpu_valid) = 0, NULL, sumIf(cpu_sum, cpu_valid) / sumIf(cpu_seen, cpu_valid)) AS cpu_avg,
    if(countIf(cpu_valid) = 0, NULL, quantileExactWeightedIf(0.95)(cpu_sum / cpu_seen, 1, cpu_valid)) AS cpu_p95,
    if(countIf(cpu_valid) = 0, NULL, maxIf(cpu_sum / cpu_seen, cpu_valid)) AS cpu_max,
    if(countIf(cpu_valid AND toDate(bucket) IN {workdays:Array(Date)} AND toHour(bucket) BETWEEN 9 AND 17) = 0, NULL,
        quantileExactWeightedIf(0.95)(cpu_sum / cpu_seen, 1, cpu_valid AND toDate(bucket) IN {workdays:Array(Date)} AND toHour(bucket) BETWEEN 9 AND 17)) AS cpu_p95_working_hours,
    if(countIf(mem_valid) = 0, NULL, sumIf(mem_sum, mem_valid) / sumIf(mem_seen, mem_valid)) AS memory_avg,
    if(countIf(mem_valid) = 0, NULL, quantileExactWeightedIf(0.95)(mem_sum / mem_seen, 1, mem_valid)) AS memory_p95,
    if(countIf(mem_valid) = 0, NULL, maxIf(mem_sum / mem_seen, mem_valid)) AS memory_max,
    if(countIf(cpu_valid AND cpu_run > 0) = 0, NULL, sumIf(cpu_sum, cpu_valid) / sumIf(cpu_run, cpu_valid)) AS cpu_avg_running,
    if(countIf(cpu_valid AND cpu_run > 0) = 0, NULL, quantileExactWeightedIf(0.95)(cpu_sum / cpu_run, 1, cpu_valid AND cpu_run > 0)) AS cpu_p95_running,
    if(countIf(mem_valid AND mem_run > 0) = 0, NULL, sumIf(mem_sum, mem_valid) / sumIf(mem_run, mem_valid)) AS memory_avg_running,
    if(countIf(mem_valid AND mem_run > 0) = 0, NULL, quantileExactWeightedIf(0.95)(mem_sum / mem_run, 1, mem_valid AND mem_run > 0)) AS memory_p95_running
FROM instant
GROUP BY party
ORDER BY party
