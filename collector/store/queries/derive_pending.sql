-- Group commits before an instant whose buckets are not derived yet, oldest first.
SELECT batch, min(created) AS began
FROM derive_pending
WHERE created < {before:DateTime('Asia/Shanghai')} AND batch NOT IN (SELECT batch FROM derive_done)
GROUP BY batch
ORDER BY began, batch
LIMIT {limit:UInt32}
