-- The version of each imported year that counts.
SELECT year, argMax(imported_by, imported_at), max(imported_at) AS latest, argMax(file, imported_at), argMax(sha256, imported_at), argMax(notices, imported_at), argMax(holidays, imported_at)
FROM calendar_years
GROUP BY year
ORDER BY year
