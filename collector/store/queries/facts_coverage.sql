-- Continues facts_series. Observed and due seconds of every host in every system (F1).
SELECT a.system, a.host_id, a.vcpu_seconds, a.seconds, s.observed_seconds, s.off_seconds
FROM (
    SELECT system, host, any(host_id) AS host_id, toUInt64(sum(toUInt32(a_to) - toUInt32(a_from))) AS seconds,
        toUInt64(sum((toUInt32(a_to) - toUInt32(a_from)) * vcpu)) AS vcpu_seconds
    FROM alloc GROUP BY system, host
) AS a
LEFT JOIN (
    SELECT system, host, sum(observed_seconds) AS observed_seconds, 300 * countIf(is_off = 1) AS off_seconds
    FROM series GROUP BY system, host
) AS s ON a.system = s.system AND a.host = s.host
ORDER BY a.system, a.host_id
