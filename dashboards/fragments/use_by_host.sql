-- Mean use of every chosen host in each point of time; NULL where nothing was measured. Means are over the running time: times off and missing do not count.
SELECT host, $__timeInterval(bucket) AS time, avgOrNullIf(cpu_used_millicores / 1000, cpu_used_millicores >= 0) AS cores,
    avgOrNullIf(memory_used_mib, memory_used_mib >= 0) AS memory_used_mib
FROM usage_5m FINAL
WHERE $__timeFilter(bucket) AND host IN (SELECT host FROM ({{selected}}))
GROUP BY host, time
