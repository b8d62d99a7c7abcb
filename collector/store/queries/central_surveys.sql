-- The last time that each class of each central store was asked as of a time, and the last time that it
-- answered; both are one row where the last question was answered.
SELECT store, provider, class, stream, checked_at, kind, error, hosts, counted_from, counted_to, retention_kind, retention_days,
    retention_span_days, retention_setting, immutable, reference, note, quiet_ok, aliases
FROM log_store_surveys FINAL
WHERE (store, provider, class, stream, checked_at) IN (
    SELECT store, provider, class, stream, arrayJoin(arrayFilter(at -> toUInt32(at) > 0, arrayDistinct([max(s.checked_at), maxIf(s.checked_at, s.error = '')])))
    FROM log_store_surveys AS s WHERE s.checked_at <= {at:DateTime('Asia/Shanghai')} GROUP BY store, provider, class, stream)
ORDER BY store, provider, class, stream, checked_at
