-- Events of reports in the order in which they were recorded; empty values take all.
SELECT filing, event, kind, provider, unit, month, report_kind, version, recipient, at, recorded_at, by, data
FROM filing_events FINAL
WHERE ({filing:String} = '' OR filing = {filing:String}) AND ({unit:String} = '' OR unit = {unit:String})
    AND ({provider:String} = '' OR provider = {provider:String}) AND month >= toDate({from:String}) AND month <= toDate({to:String})
ORDER BY month, filing, recorded_at, event
