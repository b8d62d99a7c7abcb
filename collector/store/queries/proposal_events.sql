-- Events of the same proposals, in the order in which they were recorded.
SELECT proposal, event, kind, at, recorded_at, by, role, state, data
FROM proposal_events FINAL
WHERE proposal IN (
    SELECT proposal FROM proposals
    WHERE ({proposal:String} = '' OR proposal = {proposal:String}) AND ({system:String} = '' OR system = {system:String})
        AND ({unit:String} = '' OR unit = {unit:String}) AND ({provider:String} = '' OR has(providers, {provider:String})))
ORDER BY proposal, recorded_at, event
