-- The last document of every host about its logs as of a time, and the last clock offset that was told.
SELECT host, max(d.at) AS last_at, max(d.received_at) AS last_received_at, argMax(d.ledger_entries, d.at) AS ledger_entries,
    maxIf(d.at, isNotNull(d.clock_offset_seconds)) AS offset_at, argMaxIf(d.clock_offset_seconds, d.at, isNotNull(d.clock_offset_seconds)) AS clock_offset_seconds
FROM log_evidence AS d
WHERE d.at <= {at:DateTime('Asia/Shanghai')}
GROUP BY host
ORDER BY host
