-- Findings of one run on subjects of one kind, without their facts, which are most of what is stored of them.
SELECT rule_id, rule_version, rule_hash, subject_kind, subject, provider, unit, verdict,
    state, periods_met, window, missing, reason, exemption, proposal, '' AS facts
FROM findings
WHERE month = {month:Date} AND run = {run:UInt64} AND subject_kind = {kind:String}
ORDER BY rule_id, subject_kind, subject
SETTINGS max_threads = 1, max_block_size = 8192
