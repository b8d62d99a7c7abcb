-- What is allocated now, one row a host, for the yearly settlement (Art. 33).
INSERT INTO allocation_daily (day, host, provider, host_id, unit, system, vcpu, memory_mib, disk_gib, taken_at)
SELECT toDate({now:DateTime('Asia/Shanghai')}), a.host, a.provider, a.host_id, s.unit, a.system, a.vcpu, a.memory_mib, a.disk_gib, {now:DateTime('Asia/Shanghai')}
FROM allocations AS a
LEFT JOIN information_systems AS s ON s.id = a.system
WHERE a.state = 'in_service' AND a.valid_from <= {now:DateTime('Asia/Shanghai')} AND a.valid_to > {now:DateTime('Asia/Shanghai')}
