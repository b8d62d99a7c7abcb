-- Times off that some hosts claim (source host), that a platform has told (power), and times without
-- any usage of hosts that claim some (usage), between two instants. A host that does not report its
-- usage at all has no such gap.
SELECT host, source, off_at, on_at FROM (
SELECT host, 'host' AS source, off_at, on_at
FROM log_downtime FINAL
WHERE host IN {hosts:Array(UInt64)} AND on_at > {from:DateTime('Asia/Shanghai')} AND off_at < {to:DateTime('Asia/Shanghai')}
UNION ALL
SELECT host, 'power', toDateTime64(p.off_at, 3, 'Asia/Shanghai'), toDateTime64(p.on_at, 3, 'Asia/Shanghai')
FROM power_events AS p FINAL
WHERE host IN {hosts:Array(UInt64)} AND on_at > {from:DateTime('Asia/Shanghai')} AND off_at < {to:DateTime('Asia/Shanghai')}
UNION ALL
SELECT host, 'usage', toDateTime64(ended, 3, 'Asia/Shanghai'), toDateTime64(bucket, 3, 'Asia/Shanghai')
FROM (
    SELECT host, bucket, lagInFrame(bucket + 300, 1, toDateTime(0, 'Asia/Shanghai')) OVER (
        PARTITION BY host ORDER BY bucket ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS ended
    FROM (
        SELECT DISTINCT host, bucket FROM usage_5m
        WHERE bucket >= {from:DateTime('Asia/Shanghai')} AND bucket < {to:DateTime('Asia/Shanghai')} AND observed_seconds > 0
            AND host IN (
                SELECT host FROM log_downtime
                WHERE host IN {hosts:Array(UInt64)} AND on_at > {from:DateTime('Asia/Shanghai')} AND off_at < {to:DateTime('Asia/Shanghai')})
        UNION ALL
        -- A host that was seen and is silent up to the end.
        SELECT host, {to:DateTime('Asia/Shanghai')} AS bucket FROM log_downtime
        WHERE host IN {hosts:Array(UInt64)} AND on_at > {from:DateTime('Asia/Shanghai')} AND off_at < {to:DateTime('Asia/Shanghai')}
        GROUP BY host))
WHERE toUInt32(ended) > 0 AND bucket > ended + 900)
ORDER BY host, source, off_at, on_at
