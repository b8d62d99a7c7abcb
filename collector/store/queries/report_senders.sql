-- Every host of a provider that reported between two instants, whether the inventory knows it or not.
SELECT h.provider AS provider, h.host_id AS host_id, u.observed_seconds, u.first_at, u.last_at, u.offset_known, u.offset_milliseconds, u.derived_at,
    u.host IN (
        SELECT host FROM allocations
        WHERE state = 'in_service' AND valid_from < {to:DateTime('Asia/Shanghai')} AND valid_to > {from:DateTime('Asia/Shanghai')}
    ) AS allocated
FROM (
    SELECT host, toUInt64(sum(observed_seconds)) AS observed_seconds, min(bucket) AS first_at, max(bucket) + 300 AS last_at,
        max(derived_at) AS derived_at, max(clock_offset_milliseconds != -2147483648) AS offset_known,
        max(if(clock_offset_milliseconds = -2147483648, 0, abs(toInt64(clock_offset_milliseconds)))) AS offset_milliseconds
    FROM usage_5m FINAL
    WHERE bucket >= {from:DateTime('Asia/Shanghai')} AND bucket < {to:DateTime('Asia/Shanghai')}
    GROUP BY host
) AS u
INNER JOIN (SELECT DISTINCT host, provider, host_id FROM hosts) AS h ON h.host = u.host
WHERE {provider:String} = '' OR h.provider = {provider:String}
ORDER BY provider, host_id
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_aggregation_in_order = 1, max_threads = 1, max_block_size = 16384
