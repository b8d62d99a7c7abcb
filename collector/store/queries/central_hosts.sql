-- What a central store held of each host at one question: the ends, and the days without records by their
-- place behind counted_from. The last day was not over and is not told.
SELECT name, oldest, newest, arrayMap(i -> toUInt16(i - 1), arrayFilter(i -> records[i] = 0, range(1, length(records))))
FROM log_store_hosts FINAL
WHERE store = {store:String} AND provider = {provider:String} AND class = {class:String} AND stream = {stream:String}
    AND checked_at = {at:DateTime('Asia/Shanghai')}
ORDER BY name
