-- Recommendations of one run, of one provider or unit or of all.
SELECT recommendation
FROM recommendations
WHERE month = {month:Date} AND run = {run:UInt64}
    AND ({provider:String} = '' OR provider = {provider:String}) AND ({unit:String} = '' OR unit = {unit:String})
ORDER BY provider, host_id
SETTINGS max_threads = 1, max_block_size = 1024
