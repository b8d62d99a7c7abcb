-- Times off in closed months of which word came after their latest closing, by month and provider.
SELECT c.month, c.version, h.provider, uniqExact(p.host), count(), min(p.received_at), max(p.received_at)
FROM (SELECT month, version, closed_at FROM month_closes FINAL ORDER BY version DESC LIMIT 1 BY month) AS c
CROSS JOIN (SELECT * FROM power_events FINAL) AS p
INNER JOIN (SELECT host, any(provider) AS provider FROM hosts GROUP BY host) AS h ON p.host = h.host
WHERE p.received_at > c.closed_at AND p.off_at < toDateTime(addMonths(c.month, 1), 'Asia/Shanghai') AND p.on_at > toDateTime(c.month, 'Asia/Shanghai')
GROUP BY c.month, c.version, h.provider
ORDER BY c.month, h.provider
