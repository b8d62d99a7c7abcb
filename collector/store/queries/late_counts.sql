-- What came for closed months after their latest closing, by month and provider.
SELECT l.month, l.version, h.provider, uniqExact(l.host), sum(l.buckets), min(l.received_at), max(l.received_at)
FROM (SELECT * FROM late_buckets FINAL) AS l
INNER JOIN (SELECT month, max(version) AS version FROM month_closes GROUP BY month) AS c ON l.month = c.month AND l.version = c.version
INNER JOIN (SELECT host, any(provider) AS provider FROM hosts GROUP BY host) AS h ON l.host = h.host
GROUP BY l.month, l.version, h.provider
ORDER BY l.month, h.provider
