-- When the oldest waiting group commit began, and how many wait.
SELECT min(created), uniqExact(batch)
FROM derive_pending
WHERE batch NOT IN (SELECT batch FROM derive_done)
