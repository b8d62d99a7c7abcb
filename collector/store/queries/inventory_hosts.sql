-- The last known row of every host.
SELECT provider, host_id, platform, system, flavor, vcpu, memory_mib, disk_gib, in_service_date, valid_from, state, owner, machine_id, instance, standby
FROM allocations
ORDER BY provider, host_id, valid_from DESC
LIMIT 1 BY provider, host_id
