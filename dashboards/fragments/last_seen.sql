-- When each host was seen last, in the three days before the end of the shown time.
SELECT host, max(bucket) + 300 AS seen_at FROM usage_5m WHERE bucket <= $__toTime AND bucket > $__toTime - INTERVAL 3 DAY GROUP BY host
