-- Digest of the five-minute values of a span, which does not depend on their order.
SELECT count(), uniqExact(host), hex(groupBitXor(key)) || hex(sumWithOverflow(key))
FROM (
    SELECT host, sipHash64(host, bucket, raw_rows, observed_seconds, cpu_used_millicores, memory_used_mib) AS key
    FROM usage_5m FINAL
    WHERE bucket >= {from:DateTime('Asia/Shanghai')} AND bucket < {to:DateTime('Asia/Shanghai')})
