-- The last identity that every host of a provider told before a time.
SELECT h.host_id AS host_id, argMax(i.os, i.at) AS os, argMax(i.os_version, i.at) AS os_version, argMax(i.os_name, i.at) AS os_name
FROM host_identity AS i
INNER JOIN (SELECT DISTINCT host, provider, host_id FROM hosts) AS h ON h.host = i.host
WHERE h.provider = {provider:String} AND i.at < {to:DateTime('Asia/Shanghai')}
GROUP BY h.host_id
ORDER BY host_id
