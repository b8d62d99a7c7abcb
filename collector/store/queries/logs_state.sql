-- The state of every log of some hosts as of a time: the last full record, and the last progress behind
-- it. A source that the last complete document did not name is gone.
SELECT s.host AS host, s.at AS at, s.at < c.at AS gone,
    s.key AS key, s.family AS family, s.path AS path, s.party AS party, s.stream_class AS stream_class, s.stream_name AS stream_name,
    s.quiet_ok AS quiet_ok, s.denied AS denied, s.grant AS grant, s.unparsed AS unparsed,
    s.segment_path AS segment_path, s.segment_id AS segment_id, s.segment_first AS segment_first, s.segment_last AS segment_last,
    s.segment_begin AS segment_begin, s.segment_mtime AS segment_mtime, s.segment_bytes AS segment_bytes, s.segment_index AS segment_index,
    s.segment_implausible AS segment_implausible, s.segment_flags AS segment_flags,
    s.policy_kind AS policy_kind, s.policy_origin AS policy_origin, s.policy_problem AS policy_problem, s.policy_settings AS policy_settings,
    s.rate_p50 AS rate_p50, s.rate_p95 AS rate_p95, s.rate_median7 AS rate_median7, s.rate_disk_p95 AS rate_disk_p95,
    s.compression_ratio AS compression_ratio, s.rate_days AS rate_days,
    s.disk_size_bytes AS disk_size_bytes, s.disk_free_bytes AS disk_free_bytes, s.inodes_free AS inodes_free,
    s.writer_state AS writer_state, s.writer_since AS writer_since, s.writer_evidence AS writer_evidence, s.writer_unlinked AS writer_unlinked,
    s.last_append AS last_append, s.suspend_at_free_bytes AS suspend_at_free_bytes,
    s.forward_target AS forward_target, s.forward_protocol AS forward_protocol, s.forward_queue AS forward_queue,
    s.forward_origin AS forward_origin, s.forward_lag_seconds AS forward_lag_seconds, s.silence_p999_seconds AS silence_p999_seconds,
    s.gap_kind AS gap_kind, s.gap_from AS gap_from, s.gap_to AS gap_to, s.gap_missing AS gap_missing, s.gap_path AS gap_path,
    s.attested_since AS attested_since, s.unsealed_bytes AS unsealed_bytes,
    p.at > s.at AS grown, p.at AS progress_at, p.last AS progress_last, p.bytes AS progress_bytes,
    p.disk_free_bytes AS progress_disk_free_bytes, p.last_append AS progress_last_append
FROM (
    SELECT * FROM log_sources FINAL
    WHERE host IN {hosts:Array(UInt64)} AND (host, key, at) IN (
        SELECT host, key, max(at) FROM log_sources
        WHERE host IN {hosts:Array(UInt64)} AND at <= {at:DateTime('Asia/Shanghai')} GROUP BY host, key)
) AS s
LEFT JOIN (
    SELECT host, max(e.at) AS at FROM log_evidence AS e
    WHERE host IN {hosts:Array(UInt64)} AND complete = 1 AND e.at <= {at:DateTime('Asia/Shanghai')} GROUP BY host
) AS c ON c.host = s.host
LEFT JOIN (
    SELECT host, key, max(p.at) AS at, argMax(tuple(p.last), p.at).1 AS last, argMax(bytes, p.at) AS bytes,
        argMax(disk_free_bytes, p.at) AS disk_free_bytes, argMax(tuple(last_append), p.at).1 AS last_append
    FROM log_progress AS p
    WHERE host IN {hosts:Array(UInt64)} AND p.at <= {at:DateTime('Asia/Shanghai')} GROUP BY host, key
) AS p ON p.host = s.host AND p.key = s.key
ORDER BY host, key
