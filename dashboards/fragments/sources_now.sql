-- Logs of all hosts as the latest document before the end of the shown time tells of them; one that the last complete document did not name is gone.
SELECT h.provider AS provider, h.host_id AS host_id, s.host AS host, s.key AS key, s.path AS path, s.family AS family, s.stream_class AS stream_class, s.at AS at,
    greatest(s.at, p.at) AS seen_at, if(p.at > s.at AND isNotNull(p.last), p.last, s.newest) AS newest, s.oldest AS oldest, s.bytes AS bytes,
    if(p.at > s.at AND isNotNull(p.last_append), p.last_append, s.last_append) AS last_append,
    s.quiet_ok AS quiet_ok, s.denied AS denied, s.unparsed AS unparsed, s.writer_state AS writer_state, s.writer_since AS writer_since,
    s.writer_evidence AS writer_evidence, s.writer_unlinked AS writer_unlinked, s.silence_p999_seconds AS silence_p999_seconds,
    s.policy_kind AS policy_kind, s.policy_origin AS policy_origin, s.policy_files AS policy_files, s.policy_days AS policy_days, s.policy_bytes AS policy_bytes,
    s.rate_p95 AS rate_p95, if(p.at > s.at AND p.disk_free_bytes > 0, p.disk_free_bytes, s.disk_free_bytes) AS disk_free_bytes, s.disk_size_bytes AS disk_size_bytes,
    s.forward_target AS forward_target, s.forward_lag_seconds AS forward_lag_seconds, s.attested_since AS attested_since,
    s.gap_kind AS gap_kind, s.gap_from AS gap_from, s.gap_to AS gap_to, s.gap_missing AS gap_missing
FROM (SELECT * FROM log_sources FINAL WHERE at <= $__toTime AND at > $__toTime - INTERVAL 3 DAY ORDER BY at DESC LIMIT 1 BY host, key) AS s
INNER JOIN (SELECT DISTINCT host, provider, host_id FROM hosts) AS h ON h.host = s.host
LEFT JOIN (
    SELECT host, max(e.at) AS at FROM log_evidence AS e WHERE complete = 1 AND e.at <= $__toTime AND e.at > $__toTime - INTERVAL 3 DAY GROUP BY host
) AS c ON c.host = s.host
LEFT JOIN (
    SELECT host, key, max(p.at) AS at, argMax(tuple(p.last), p.at).1 AS last, argMax(tuple(last_append), p.at).1 AS last_append, argMax(disk_free_bytes, p.at) AS disk_free_bytes
    FROM log_progress AS p WHERE p.at <= $__toTime AND p.at > $__toTime - INTERVAL 3 DAY GROUP BY host, key
) AS p ON p.host = s.host AND p.key = s.key
WHERE s.at >= c.at
