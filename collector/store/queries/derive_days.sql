-- Shanghai days that the buckets of the given group commits touch, and how many buckets
-- those are at most: one that two commits touch counts twice.
SELECT toStartOfDay(arrayJoin(arrayMap(k -> bucket + 300 * k, range(buckets)))) AS day, count() AS touched
FROM derive_pending
WHERE batch IN {batches:Array(UInt64)}
GROUP BY day
ORDER BY day
