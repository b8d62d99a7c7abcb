SELECT id, name FROM providers ORDER BY id
