-- Verdicts on logs of one run.
SELECT provider, unit, system, host_id, class, stream, path, party, mandatory, verdict, code, status, period, judged_on, required_from, obligation,
    local_start, short_days, missing_from, missing_to, guaranteed_days, guaranteed_endless, first_deletion, disk_full, at_risk_date, accountable_from,
    attested_days, window_days, reasons, notes, reason_zh, reason_en, remedy_zh, remedy_en, copy_path, copy_verdict, waived_by, waived_until, evidence_at
FROM retention_verdicts
WHERE month = {month:Date} AND run = {run:UInt64} AND ({provider:String} = '' OR provider = {provider:String})
ORDER BY provider, host_id, system, class, stream, path
