-- Use of the chosen hosts in the month that was judged last.
SELECT * FROM ({{host_findings}}) WHERE rule_id = 'high-load-host' AND {{slice_host}}
