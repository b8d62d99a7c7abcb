-- The chosen logs of the chosen hosts, twenty at most.
SELECT * FROM ({{sources_now}})
WHERE (key IN (${log_source:singlequote}) OR '*' IN (${log_source:singlequote})) AND host IN (SELECT host FROM ({{selected}}))
ORDER BY provider, host_id, key LIMIT 20
