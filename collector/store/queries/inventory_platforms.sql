SELECT id, name, kind, provider FROM platforms ORDER BY id
