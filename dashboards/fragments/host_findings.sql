-- What the latest run says of the use of every host, with the month's facts; subject is provider/host_id.
SELECT f.provider AS provider, f.unit AS unit, substring(f.subject, length(f.provider) + 2) AS host_id, a.system AS system, a.system_name AS system_name,
    a.unit_name AS unit_name, a.vcpu AS vcpu, a.memory_mib AS memory_mib, f.month AS month, f.rule_id AS rule_id, f.verdict AS verdict, f.reason AS reason,
    JSONExtract(f.facts, -1, 'facts', 'cpu_p95', 'Nullable(Float64)') AS cpu_p95,
    JSONExtract(f.facts, -1, 'facts', 'memory_p95', 'Nullable(Float64)') AS memory_p95,
    JSONExtract(f.facts, -1, 'facts', 'coverage', 'Nullable(Float64)') AS coverage,
    JSONExtract(f.facts, -1, 'facts', 'days_to_full', 'Nullable(Float64)') AS days_to_full
FROM findings AS f LEFT JOIN ({{allocated}}) AS a ON concat(a.provider, '/', a.host_id) = f.subject
WHERE f.subject_kind = 'host' AND f.run IN ({{last_run}})
