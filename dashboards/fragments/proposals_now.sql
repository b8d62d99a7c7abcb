-- Proposals of the chosen slice as the collector folded them last.
SELECT * FROM proposal_states FINAL WHERE taken_at = (SELECT max(taken_at) FROM proposal_states) AND {{slice}}
