-- Records of a provider: of each key the row of the latest import.
SELECT kind, key, argMax(fields, seq) AS fields, argMax(contents, seq) AS contents
FROM records
WHERE provider = {provider:String} AND seq IN (SELECT seq FROM record_imports)
GROUP BY kind, key
ORDER BY kind, key
