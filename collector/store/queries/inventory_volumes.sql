-- Every row of every disk that counts, by disk and time: how long one was not attached needs its past.
SELECT provider, volume_id, platform, system, size_gib, host_id, valid_from, state
FROM volume_allocations
ORDER BY provider, volume_id, valid_from
