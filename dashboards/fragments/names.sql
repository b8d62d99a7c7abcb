-- Names of systems with those of their units.
SELECT s.id AS system, s.unit AS unit, if(s.name = '', s.id, s.name) AS system_name, if(u.name = '', s.unit, u.name) AS unit_name
FROM information_systems AS s LEFT JOIN units AS u ON u.code = s.unit
