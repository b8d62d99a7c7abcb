-- What tells when the named hosts were off: power documents (boot is 0, from off_at to on_at), and
-- every boot with the first and the last bucket in which it was seen: a gap that a later boot ends.
SELECT host, toInt64(0) AS boot, toUInt32(off_at) AS first, toUInt32(on_at) AS last FROM power_events FINAL
WHERE off_at < {to:DateTime('Asia/Shanghai')} AND on_at > {from:DateTime('Asia/Shanghai')} AND host IN {hosts:Array(UInt64)}
UNION ALL
SELECT host, toInt64(boot_time_seconds_stored) AS boot, toUInt32(min(bucket)) AS first, toUInt32(max(bucket)) AS last
FROM usage_5m FINAL
WHERE bucket >= {from:DateTime('Asia/Shanghai')} - INTERVAL 31 DAY AND bucket < {to:DateTime('Asia/Shanghai')}
    AND boot_time_seconds_stored > 0 AND host IN {hosts:Array(UInt64)}
GROUP BY host, boot
SETTINGS do_not_merge_across_partitions_select_final = 1, max_threads = 1, max_memory_usage = 1073741824
