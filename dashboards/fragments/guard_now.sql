-- What the guard saw last of each changed host of the chosen slice whose proposal is open.
SELECT * FROM guard_observations FINAL
WHERE {{slice_host}} AND proposal IN (SELECT proposal FROM proposal_states FINAL WHERE taken_at = (SELECT max(taken_at) FROM proposal_states) AND open = 1)
ORDER BY day DESC LIMIT 1 BY proposal, provider, host_id
