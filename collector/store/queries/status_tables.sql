-- Rows and bytes of the tables that hold something.
SELECT table, sum(rows), sum(bytes_on_disk), count()
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
ORDER BY table
