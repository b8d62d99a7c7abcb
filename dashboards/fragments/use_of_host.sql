-- What every chosen host used over the shown time: sums over its five-minute slots, and how many slots had a value. Times off and missing do not count.
SELECT host, sumIf(cpu_used_millicores, cpu_used_millicores >= 0) / 1000 AS cores, countIf(cpu_used_millicores >= 0) AS core_slots,
    sumIf(memory_used_mib, memory_used_mib >= 0) AS memory_mib, countIf(memory_used_mib >= 0) AS memory_slots
FROM usage_5m FINAL
WHERE $__timeFilter(bucket) AND host IN (SELECT host FROM ({{selected}}))
GROUP BY host
