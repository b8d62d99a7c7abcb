-- Hours that lie behind and in which no group commit waits for derivation.
SELECT toStartOfHour(created) AS hour
FROM derive_pending
WHERE created < {before:DateTime('Asia/Shanghai')}
GROUP BY hour
HAVING countIf(batch NOT IN (SELECT batch FROM derive_done)) = 0 AND hour + 3600 < {before:DateTime('Asia/Shanghai')}
ORDER BY hour
