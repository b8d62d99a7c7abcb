-- Files that brought records of a provider.
SELECT kind, file, sha256, imported_at, imported_by, first_month, last_month, rows
FROM record_imports
WHERE provider = {provider:String}
ORDER BY seq
