-- Five-minute values of one host: the number of the slot since the beginning, cores and MiB; -1 where not measured.
SELECT toInt64(intDiv(toUnixTimestamp(bucket) - {from:UInt32}, 300)) AS slot, cpu_used_millicores / 1000 AS cpu, toFloat64(memory_used_mib) AS memory
FROM usage_5m FINAL
WHERE host = {host:UInt64} AND bucket >= toDateTime({from:UInt32}) AND bucket < toDateTime({to:UInt32})
ORDER BY slot
