-- Disks that are or were allocated to a system of the unit.
SELECT DISTINCT volume_id FROM volume_allocations
WHERE system IN (SELECT id FROM information_systems WHERE unit = {unit:String})
ORDER BY volume_id
