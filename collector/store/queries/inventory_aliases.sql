-- Which host a foreign sender's label instance stands for, by the last row that says so.
SELECT provider, instance, argMax(host_id, valid_from)
FROM allocations
WHERE instance != ''
GROUP BY provider, instance
