-- Systems of a unit.
SELECT id FROM information_systems WHERE unit = {unit:String} ORDER BY id
