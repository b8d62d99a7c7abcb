-- Every interval of every host that ever was allocated to a system of the unit, those of others included.
SELECT a.host AS host, a.host_id AS host_id, a.provider AS provider, a.platform AS platform, a.flavor AS flavor,
    a.system IN (SELECT id FROM information_systems WHERE unit = {unit:String}) AS own, toInt64(toUnixTimestamp(a.valid_from)) AS valid_from, toInt64(toUnixTimestamp(a.valid_to)) AS valid_to
FROM allocations AS a
WHERE a.host IN (SELECT host FROM allocations WHERE system IN (SELECT id FROM information_systems WHERE unit = {unit:String}))
ORDER BY a.host, a.valid_from
