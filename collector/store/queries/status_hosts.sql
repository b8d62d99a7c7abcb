-- Hosts that have reported or are allocated, with their last report. Boots that interleave
-- under one host id are a conflict: clones of one image share a machine id.
SELECT provider, host_id, max(hostname), max(agent), max(last_report), max(known), max(system), max(conflict)
FROM (
    SELECT h.provider AS provider, h.host_id AS host_id, i.hostname AS hostname, i.agent AS agent, u.last_report AS last_report, 0 AS known, '' AS system, i.conflict AS conflict
    FROM (SELECT DISTINCT host, provider, host_id FROM hosts) AS h
    LEFT JOIN (SELECT host, max(ts) AS last_report FROM usage GROUP BY host) AS u ON u.host = h.host
    LEFT JOIN (SELECT host, argMax(hostname, at) AS hostname, argMax(agent_version, at) AS agent,
        length(arrayCompact(arrayMap(x -> x.2, arraySort(groupArray((at, boot_id)))))) > uniqExact(boot_id) AS conflict
        FROM host_identity GROUP BY host) AS i ON i.host = h.host
    UNION ALL
    SELECT provider, host_id, '', '', toDateTime(0, 'Asia/Shanghai'), 1, system, 0
    FROM allocations
    WHERE state = 'in_service' AND valid_from <= {now:DateTime('Asia/Shanghai')} AND valid_to > {now:DateTime('Asia/Shanghai')}
)
GROUP BY provider, host_id
ORDER BY provider, host_id
