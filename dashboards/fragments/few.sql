-- The first twenty chosen hosts: more cannot be told apart in one panel.
SELECT * FROM ({{selected}}) ORDER BY provider, host_id LIMIT 20
