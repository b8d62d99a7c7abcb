-- What the states of proposals and reports follow from, as one number: it differs once any of it has changed.
SELECT sum(cityHash64(source, rows, latest))
FROM (
    SELECT 'proposal_events' AS source, count() AS rows, toString(max(recorded_at)) AS latest FROM proposal_events
    UNION ALL SELECT 'proposals', count(), toString(max(opened_at)) FROM proposals
    UNION ALL SELECT 'filing_events', count(), toString(max(recorded_at)) FROM filing_events
    UNION ALL SELECT 'month_closes', count(), toString(max(closed_at)) FROM month_closes
    UNION ALL SELECT 'calendar_years', count(), toString(max(imported_at)) FROM calendar_years
    UNION ALL SELECT 'inventory_imports', count(), toString(max(seq)) FROM inventory_imports
)
