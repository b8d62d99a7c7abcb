-- Days on which hosts are known to have written a class of log: those of the newest records that agents
-- told of, as of a time.
WITH named AS (
    SELECT DISTINCT host, key, tupleElement(t, 2) AS stream
    FROM log_sources ARRAY JOIN arrayZip(stream_class, stream_name) AS t
    WHERE tupleElement(t, 1) = {class:String}
)
SELECT h.provider AS provider, h.host_id AS host_id, s.stream AS stream, groupUniqArray(w.day) AS days
FROM (
    SELECT host, key, toDate(last, 'Asia/Shanghai') AS day FROM log_progress AS p
    WHERE (host, key) IN (SELECT host, key FROM named)
        AND p.last IS NOT NULL AND p.at <= {at:DateTime('Asia/Shanghai')} AND p.last >= {from:DateTime('Asia/Shanghai')}
    UNION DISTINCT
    SELECT host, key, toDate(newest, 'Asia/Shanghai') FROM log_sources AS l
    WHERE l.newest IS NOT NULL AND l.at <= {at:DateTime('Asia/Shanghai')} AND l.newest >= {from:DateTime('Asia/Shanghai')}
) AS w
INNER JOIN named AS s ON s.host = w.host AND s.key = w.key
INNER JOIN (SELECT DISTINCT host, provider, host_id FROM hosts) AS h ON h.host = w.host
GROUP BY provider, host_id, stream
ORDER BY provider, host_id, stream
