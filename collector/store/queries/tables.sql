-- Tables and views of the database.
SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name
