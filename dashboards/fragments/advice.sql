-- Recommendations of the latest run for the chosen hosts.
SELECT * FROM recommendations WHERE run IN ({{last_run}}) AND {{slice_host}}
