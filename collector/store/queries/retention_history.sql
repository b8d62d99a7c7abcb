-- Required logs of some runs of judging, counted by month, unit, responsible party, class and status.
SELECT month, unit, party, class, status, count() AS logs
FROM retention_verdicts
WHERE run IN {runs:Array(UInt64)} AND (provider = {provider:String} OR {provider:String} = '') AND mandatory = 1 AND status != 'not_counted'
GROUP BY month, unit, party, class, status
ORDER BY month, unit, party, class, status
