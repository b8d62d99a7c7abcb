-- Ledger entries of some hosts that speak of loss, as of a time. The entry that came first counts.
SELECT host, ledger, seq, kind, at, source, path, id, bytes, hash, first, last, segment_index, detail
FROM log_events FINAL
WHERE host IN {hosts:Array(UInt64)} AND at <= {at:DateTime('Asia/Shanghai')} AND kind IN {kinds:Array(String)}
ORDER BY host, ledger, seq
