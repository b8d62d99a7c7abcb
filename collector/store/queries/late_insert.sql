-- Buckets of closed months that the given group commits touch.
INSERT INTO late_buckets (month, version, batch, host, received_at, first_bucket, buckets)
SELECT c.month, c.version, p.batch, p.host, min(p.created), min(p.b), count()
FROM (
    SELECT batch, host, created, arrayJoin(arrayMap(k -> bucket + 300 * k, range(buckets))) AS b, toStartOfMonth(b) AS m
    FROM derive_pending
    WHERE batch IN {batches:Array(UInt64)}) AS p
INNER JOIN (SELECT month, max(version) AS version FROM month_closes GROUP BY month) AS c ON p.m = c.month
GROUP BY c.month, c.version, p.batch, p.host
