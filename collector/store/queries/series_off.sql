-- Times for which the named hosts are known to have been off: from power documents, or from a gap
-- that a later boot ends.
SELECT host, off_at, on_at FROM (
    SELECT host, off_at, on_at FROM power_events FINAL
    WHERE off_at < {to:DateTime('Asia/Shanghai')} AND on_at > {from:DateTime('Asia/Shanghai')} AND host IN {hosts:Array(UInt64)}
    UNION ALL
    SELECT host, last + 300 AS off_at, toDateTime(boot, 'Asia/Shanghai') AS on_at
    FROM (
        SELECT host, boot, lagInFrame(seen, 1, toDateTime(0, 'Asia/Shanghai')) OVER (
            PARTITION BY host ORDER BY boot ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last
        FROM (
            SELECT host, boot_time_seconds_stored AS boot, max(bucket) AS seen
            FROM usage_5m FINAL
            WHERE bucket >= {from:DateTime('Asia/Shanghai')} - INTERVAL 31 DAY AND bucket < {to:DateTime('Asia/Shanghai')}
                AND boot_time_seconds_stored > 0 AND host IN {hosts:Array(UInt64)}
            GROUP BY host, boot))
    WHERE toUInt32(last) > 0 AND boot > toUInt32(last) + 300
)
SETTINGS do_not_merge_across_partitions_select_final = 1, max_threads = 1, max_memory_usage = 1073741824
