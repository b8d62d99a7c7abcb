-- A report as it was made or signed.
SELECT document
FROM filing_documents FINAL
WHERE filing = {filing:String} AND stage = {stage:String}
