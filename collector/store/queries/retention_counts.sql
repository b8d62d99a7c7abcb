-- Verdicts on logs of one run, counted by responsible party and class.
SELECT party, class, mandatory, verdict, status, period, count() AS logs, toUInt64(sum(attested_days)) AS attested, toUInt64(sum(window_days)) AS days
FROM retention_verdicts
WHERE month = {month:Date} AND run = {run:UInt64} AND ({provider:String} = '' OR provider = {provider:String})
GROUP BY party, class, mandatory, verdict, status, period
ORDER BY party, class, mandatory DESC, verdict, status, period
