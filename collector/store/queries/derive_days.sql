-- Shanghai days that the buckets of the given group commits touch.
SELECT DISTINCT toStartOfDay(arrayJoin(arrayMap(k -> bucket + 300 * k, range(buckets)))) AS day
FROM derive_pending
WHERE batch IN {batches:Array(UInt64)}
ORDER BY day
