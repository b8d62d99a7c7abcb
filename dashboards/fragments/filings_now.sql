-- The ledger of reports of the chosen providers and units as the collector folded it last.
SELECT * FROM filing_states FINAL WHERE taken_at = (SELECT max(taken_at) FROM filing_states)
    AND (provider IN (${provider:singlequote}) OR '*' IN (${provider:singlequote}))
    AND (unit IN (${unit:singlequote}) OR '*' IN (${unit:singlequote}))
