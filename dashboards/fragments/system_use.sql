-- Use of the chosen systems in the month that was judged last: P95 (F4), coverage (F1), low use and high load.
SELECT provider, unit, system, any(system_name) AS system_name, any(unit_name) AS unit_name, any(month) AS month,
    anyIf(cpu_p95, rule_id = 'high-load') AS cpu_p95, anyIf(memory_p95, rule_id = 'high-load') AS memory_p95,
    anyIf(coverage, rule_id = 'high-load') AS coverage, anyIf(days_to_full, rule_id = 'high-load') AS days_to_full,
    anyIf(verdict, rule_id = 'low-utilization') AS low, anyIf(periods_met, rule_id = 'low-utilization') AS low_months,
    anyIf(reason, rule_id = 'low-utilization') AS low_reason, anyIf(verdict, rule_id = 'high-load') AS high, anyIf(reason, rule_id = 'high-load') AS high_reason
FROM ({{system_findings}})
WHERE {{slice}}
GROUP BY provider, unit, system
