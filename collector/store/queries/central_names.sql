-- The names under which a central store may know a host: those of the inventory, and those that agents
-- reported as of a time. A host may have several of a kind.
SELECT DISTINCT provider, host_id, kind, name
FROM (
    SELECT provider, host_id, 'host_id' AS kind, host_id AS name FROM allocations
    UNION ALL SELECT provider, host_id, 'machine_id', machine_id FROM allocations
    UNION ALL SELECT provider, host_id, 'instance', instance FROM allocations
    UNION ALL SELECT provider, host_id, 'host_id', host_id FROM hosts
    UNION ALL SELECT h.provider, h.host_id, 'machine_id', i.machine_id FROM host_identity AS i INNER JOIN hosts AS h ON h.host = i.host
        WHERE i.at <= {at:DateTime('Asia/Shanghai')}
    UNION ALL SELECT h.provider, h.host_id, 'hostname', i.hostname FROM host_identity AS i INNER JOIN hosts AS h ON h.host = i.host
        WHERE i.at <= {at:DateTime('Asia/Shanghai')}
)
WHERE name != ''
ORDER BY provider, host_id, kind, name
