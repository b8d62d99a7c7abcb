SELECT id, name, unit, platform, djbh_level, cutover_date, status FROM information_systems ORDER BY id
