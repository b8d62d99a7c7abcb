-- The clock of the database.
SELECT now()
