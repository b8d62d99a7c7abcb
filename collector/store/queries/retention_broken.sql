-- Required logs that were not compliant in some runs of judging, by the identity under which they are judged again.
SELECT DISTINCT month, judged_on, host_id, system, class, stream
FROM retention_verdicts
WHERE run IN {runs:Array(UInt64)} AND (provider = {provider:String} OR {provider:String} = '') AND mandatory = 1 AND status = 'non_compliant'
ORDER BY month, host_id, system, class, stream
