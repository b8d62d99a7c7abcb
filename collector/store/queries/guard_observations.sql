-- What the guard saw of the hosts of a proposal, day by day, of one provider or of all.
SELECT provider, unit, system, host_id, day, state, slots, cpu_above, cpu_allowed, memory_above, cpu_peak, memory_peak_mib,
    trigger_day, due, target_vcpu, target_memory_mib, reason_zh, reason_en, observed_at
FROM guard_observations FINAL
WHERE proposal = {proposal:String} AND ({provider:String} = '' OR provider = {provider:String})
ORDER BY provider, host_id, day
