-- Hosts in service at the end of the shown time, with whom they belong to.
SELECT a.host AS host, a.provider AS provider, a.host_id AS host_id, a.system AS system, a.platform AS platform, a.flavor AS flavor,
    a.vcpu AS vcpu, a.memory_mib AS memory_mib, a.disk_gib AS disk_gib, a.owner AS owner, a.standby AS standby, a.in_service_date AS in_service_date,
    s.unit AS unit, if(s.name = '', a.system, s.name) AS system_name, if(u.name = '', s.unit, u.name) AS unit_name, if(p.name = '', a.provider, p.name) AS provider_name
FROM allocations AS a
LEFT JOIN information_systems AS s ON s.id = a.system
LEFT JOIN units AS u ON u.code = s.unit
LEFT JOIN providers AS p ON p.id = a.provider
WHERE a.state = 'in_service' AND a.valid_from <= $__toTime AND a.valid_to > $__toTime
