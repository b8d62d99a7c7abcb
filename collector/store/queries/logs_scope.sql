-- Every host that is or was allocated as of a time, with what bounds its duty to keep logs: the day of
-- delivery, the first day of its allocation, the cut-over of its system, its release, and the day on
-- which an import first told that its system is retired.
WITH retired AS (
    SELECT id, min(imported_at) AS at
    FROM (
        SELECT i.id AS id, i.status AS status, m.imported_at AS imported_at,
            max(if(i.status = 'retired', 0, i.seq)) OVER (PARTITION BY i.id) AS last_live, i.seq AS seq
        FROM inventory_systems AS i INNER JOIN inventory_imports AS m ON m.seq = i.seq
        WHERE m.imported_at <= {at:DateTime('Asia/Shanghai')})
    WHERE status = 'retired' AND seq > last_live
    GROUP BY id
)
SELECT a.host AS host, a.provider AS provider, a.host_id AS host_id, a.system AS system, s.unit AS unit, a.owner AS owner,
    s.djbh_level AS djbh_level, s.status AS status, s.cutover_date AS cutover_date,
    a.in_service_date AS in_service_date, a.allocated_from AS allocated_from, a.released_at AS released_at,
    if(toUInt32(r.at) = 0, NULL, toDate(r.at)) AS retired_on
FROM (
    SELECT host, argMax(provider, valid_from) AS provider, argMax(host_id, valid_from) AS host_id, argMax(system, valid_from) AS system,
        argMax(owner, valid_from) AS owner, min(in_service_date) AS in_service_date,
        toDate(minIf(valid_from, state = 'in_service')) AS allocated_from,
        if(argMax(state, valid_from) = 'released', toDate(minIf(valid_from, state = 'released' AND valid_from >= last_live)), NULL) AS released_at
    FROM (
        SELECT *, maxIf(valid_from, state = 'in_service') OVER (PARTITION BY host) AS last_live
        FROM allocations WHERE valid_from <= {at:DateTime('Asia/Shanghai')})
    GROUP BY host
) AS a
LEFT JOIN information_systems AS s ON s.id = a.system
LEFT JOIN retired AS r ON r.id = a.system
ORDER BY provider, host_id
