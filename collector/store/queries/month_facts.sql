-- Facts of the hosts and parties of a provider, or of all, as a run of judging saw them.
SELECT provider, kind, subject, system, unit, hosts, vcpu, memory_mib, disk_gib, standby, at_end, allocated_seconds, observed_seconds, off_seconds,
    vcpu_seconds, covered_vcpu_seconds, storage_first_at, storage_last_at, storage_first_mib, storage_last_mib,
    mapKeys(facts), mapValues(facts), read_at
FROM month_facts
WHERE month = {month:Date} AND run = {run:UInt64} AND ({provider:String} = '' OR provider = {provider:String})
ORDER BY provider, kind, subject
SETTINGS max_threads = 1, max_block_size = 8192
