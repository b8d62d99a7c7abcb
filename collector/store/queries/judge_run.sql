-- The latest completed run of a month.
SELECT run, judged_at, open, pack_hash, program, findings
FROM judge_runs
WHERE month = {month:Date}
ORDER BY run DESC
LIMIT 1
