-- What the latest run says of the use of every system, with the month's facts (F1, F4): the report has the same figures.
SELECT f.provider AS provider, f.unit AS unit, f.subject AS system, f.month AS month, n.system_name AS system_name, n.unit_name AS unit_name,
    f.rule_id AS rule_id, f.verdict AS verdict, f.periods_met AS periods_met, f.reason AS reason,
    JSONExtract(f.facts, -1, 'facts', 'cpu_p95', 'Nullable(Float64)') AS cpu_p95,
    JSONExtract(f.facts, -1, 'facts', 'memory_p95', 'Nullable(Float64)') AS memory_p95,
    JSONExtract(f.facts, -1, 'facts', 'coverage', 'Nullable(Float64)') AS coverage,
    JSONExtract(f.facts, -1, 'facts', 'days_to_full', 'Nullable(Float64)') AS days_to_full
FROM findings AS f LEFT JOIN ({{names}}) AS n ON n.system = f.subject
WHERE f.subject_kind = 'information_system' AND f.run IN ({{last_run}})
