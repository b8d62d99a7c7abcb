-- Verdicts on logs of the latest run in the chosen slice; a log of any host of its system has no host_id.
SELECT * FROM retention_verdicts WHERE run IN ({{last_run}}) AND {{slice}}
    AND (concat(provider, '/', host_id) IN (${host:singlequote}) OR '*' IN (${host:singlequote}))
