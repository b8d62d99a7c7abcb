-- Five-minute values of the named hosts between two instants, one row a host. The arrays are in the
-- engine's own form (a count, then little-endian integers), filled up with zeros to the length of one
-- value a slot: that costs a tenth of Array columns, and is read without a copy. -1 stands for a value
-- that is not known. A partition holds whole months, so no row of one replaces a row of another.
SELECT host,
    toFixedString(toString(groupArrayState(toUInt32(intDiv(toUInt32(bucket) - toUInt32({from:DateTime('Asia/Shanghai')}), 300)))), {bytes4:UInt32}) AS slot,
    toFixedString(toString(groupArrayState(observed_seconds)), {bytes2:UInt32}) AS observed,
    toFixedString(toString(groupArrayState(cpu_used_millicores)), {bytes4:UInt32}) AS cpu,
    toFixedString(toString(groupArrayState(cpu_used_peak_millicores)), {bytes4:UInt32}) AS peak,
    toFixedString(toString(groupArrayState(memory_used_mib)), {bytes4:UInt32}) AS memory,
    toFixedString(toString(groupArrayState(memory_total_mib)), {bytes4:UInt32}) AS memory_total,
    toFixedString(toString(groupArrayState(storage_used_mib)), {bytes4:UInt32}) AS storage,
    toFixedString(toString(groupArrayState(if(network_receive_bytes_stored < 0 OR network_transmit_bytes_stored < 0, -1,
        greatest(0, network_receive_bytes_stored + network_transmit_bytes_stored - greatest(0, agent_traffic_bytes_stored))))), {bytes8:UInt32}) AS network
FROM usage_5m FINAL
WHERE bucket >= {from:DateTime('Asia/Shanghai')} AND bucket < {to:DateTime('Asia/Shanghai')} AND host IN {hosts:Array(UInt64)}
GROUP BY host
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_aggregation_in_order = 1, max_threads = 1, max_memory_usage = 1073741824
