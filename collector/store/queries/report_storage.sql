-- Continues facts_series. First and last known use of storage of every host in its allocation (F6).
SELECT any(a.provider) AS provider, any(a.host_id) AS host_id,
    any(s.first_at), any(s.first_mib), any(s.last_at), any(s.last_mib)
FROM (
    SELECT host, min(bucket) AS first_at, toInt64(argMin(storage, bucket)) AS first_mib,
        max(bucket) AS last_at, toInt64(argMax(storage, bucket)) AS last_mib
    FROM series WHERE storage >= 0 GROUP BY host
) AS s
INNER JOIN alloc AS a ON a.host = s.host
GROUP BY s.host
ORDER BY provider, host_id
