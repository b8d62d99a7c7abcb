-- Closings, by month and version; an empty month takes all.
SELECT month, version, closed_at, run, batch, buckets, hosts, reason, by, program
FROM month_closes FINAL
WHERE {month:String} = '' OR toString(month) = {month:String}
ORDER BY month, version
