SELECT code, name FROM units ORDER BY code
