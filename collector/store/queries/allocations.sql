-- Every allocation that began before an instant, by host and time, with the using unit of its system.
SELECT a.host, a.provider, a.host_id, a.platform, a.system, i.unit, a.vcpu, a.memory_mib, a.disk_gib, a.standby, a.state = 'in_service', a.valid_from, a.valid_to
FROM allocations AS a
LEFT JOIN (SELECT id, unit FROM information_systems) AS i ON i.id = a.system
WHERE a.valid_from < {to:DateTime('Asia/Shanghai')} AND ({provider:String} = '' OR a.provider = {provider:String})
ORDER BY a.host, a.valid_from
SETTINGS max_memory_usage = 1073741824
