-- Findings of one run that open or join proposals, without their facts.
SELECT rule_id, rule_version, rule_hash, subject_kind, subject, provider, unit, verdict,
    state, periods_met, window, missing, reason, exemption, proposal, '' AS facts
FROM findings
WHERE month = {month:Date} AND run = {run:UInt64}
    AND (rule_id = {rule:String} OR subject_kind IN ('host', 'volume') AND verdict = 'fail' AND proposal = {reclaim:String})
ORDER BY rule_id, subject_kind, subject
