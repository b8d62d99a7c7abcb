-- Findings of one run, but those on subjects of one kind, or all.
SELECT rule_id, rule_version, rule_hash, subject_kind, subject, provider, unit, verdict,
    state, periods_met, window, missing, reason, exemption, proposal, facts
FROM findings
WHERE month = {month:Date} AND run = {run:UInt64} AND ({kind:String} = '' OR subject_kind != {kind:String})
ORDER BY rule_id, subject_kind, subject
