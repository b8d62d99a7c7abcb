-- Unit prices that count, by provider, resource and first day.
SELECT provider, resource, argMax(yuan_month, seq), effective_from
FROM inventory_prices WHERE seq IN (SELECT seq FROM inventory_imports)
GROUP BY provider, resource, effective_from
ORDER BY provider, resource, effective_from
