-- Proposals of a unit, of a provider, of a system, or by name; an empty value takes all.
SELECT proposal, system, month, unit, providers, opened_at
FROM proposals FINAL
WHERE ({proposal:String} = '' OR proposal = {proposal:String}) AND ({system:String} = '' OR system = {system:String})
    AND ({unit:String} = '' OR unit = {unit:String}) AND ({provider:String} = '' OR has(providers, {provider:String}))
ORDER BY month, system
