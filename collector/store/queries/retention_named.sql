-- Logs of one run that are to be told by name: those that break on a known day, and those that are undetermined.
SELECT provider, unit, system, host_id, class, stream, path, party, mandatory, verdict, code, status,
    if(verdict = 'at_risk', at_risk_date, if(code = 'config_would_delete', first_deletion, NULL)) AS breaks_on,
    if(verdict = 'at_risk', reasons[1], code) AS why
FROM retention_verdicts
WHERE month = {month:Date} AND run = {run:UInt64} AND ({provider:String} = '' OR provider = {provider:String})
    AND (verdict IN ('at_risk', 'unknown') OR code = 'config_would_delete')
ORDER BY ifNull(breaks_on, toDate('2149-06-06')), provider, host_id, system, class, stream, path
