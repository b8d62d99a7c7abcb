-- What is known of every host and bucket between two instants; the facts_* questions continue it.
WITH
    {from:DateTime('Asia/Shanghai')} AS t_from,
    {to:DateTime('Asia/Shanghai')} AS t_to,
    alloc AS (
        SELECT host, provider, host_id, system, vcpu, memory_mib, disk_gib, standby,
            greatest(valid_from, t_from) AS a_from, least(valid_to, t_to) AS a_to,
            -- By whom facts_system adds hosts up.
            multiIf({by:String} = 'unit', i.unit, {by:String} = 'provider', provider, system) AS party
        FROM allocations
        LEFT JOIN (SELECT id, unit FROM information_systems) AS i ON i.id = system
        WHERE state = 'in_service' AND valid_from < t_to AND valid_to > t_from
            AND ({provider:String} = '' OR provider = {provider:String})
    ),
    -- Off is known from power documents, or from a gap that a later boot ends.
    off AS (
        SELECT host, off_at, on_at FROM power_events FINAL WHERE off_at < t_to AND on_at > t_from
        UNION ALL
        SELECT host, last + 300 AS off_at, toDateTime(boot, 'Asia/Shanghai') AS on_at
        FROM (
            SELECT host, boot, lagInFrame(seen, 1, toDateTime(0, 'Asia/Shanghai')) OVER (
                PARTITION BY host ORDER BY boot ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last
            FROM (
                SELECT host, boot_time_seconds_stored AS boot, max(bucket) AS seen
                FROM usage_5m FINAL
                WHERE bucket >= t_from - INTERVAL 31 DAY AND bucket < t_to AND boot_time_seconds_stored > 0
                GROUP BY host, boot))
        WHERE toUInt32(last) > 0 AND boot > toUInt32(last) + 300
    ),
    off_bucket AS (
        SELECT DISTINCT host, toDateTime(arrayJoin(range(
            intDiv(toUInt32(greatest(off_at, t_from)) + 299, 300) * 300,
            toUInt64(intDiv(toUInt32(least(on_at, t_to)), 300)) * 300, 300)), 'Asia/Shanghai') AS bucket
        FROM off
        WHERE host IN (SELECT host FROM alloc)
            AND (host, bucket) NOT IN (
                SELECT host, bucket FROM usage_5m FINAL
                WHERE bucket >= t_from AND bucket < t_to AND host IN (SELECT host FROM off) AND cpu_used_millicores >= 0)
    ),
    -- One row a host and bucket in which something is known; -1 stands for a value that is not.
    known AS (
        SELECT host, bucket, observed_seconds, 0 AS is_off, cpu_used_millicores AS cpu, cpu_used_peak_millicores AS peak,
            memory_used_mib AS mem, memory_total_mib AS mem_total, storage_used_mib AS storage,
            if(network_receive_bytes_stored < 0 OR network_transmit_bytes_stored < 0, -1,
                greatest(0, network_receive_bytes_stored + network_transmit_bytes_stored - greatest(0, agent_traffic_bytes_stored))) AS net
        FROM usage_5m FINAL
        WHERE bucket >= t_from AND bucket < t_to AND host IN (SELECT host FROM alloc)
        UNION ALL
        SELECT host, bucket, 0, 1, 0, 0, 0, 1, -1, 0 FROM off_bucket
    ),
    -- F5: the guest's share of its own MemTotal, weighted with the allocated memory.
    series AS (
        SELECT k.host AS host, k.bucket AS bucket, a.system AS system, a.party AS party, k.observed_seconds AS observed_seconds, k.is_off AS is_off,
            k.cpu AS cpu, k.peak AS peak, a.vcpu * 1000 AS cpu_alloc,
            if(k.mem < 0, -1, if(k.mem_total > 0, intDiv(toInt64(k.mem) * a.memory_mib, k.mem_total), toInt64(k.mem))) AS mem,
            toInt64(a.memory_mib) AS mem_alloc, k.net AS net, k.storage AS storage, a.disk_gib AS disk_gib
        FROM known AS k INNER JOIN alloc AS a ON k.host = a.host
        WHERE k.bucket >= a.a_from AND k.bucket < a.a_to AND a.vcpu > 0 AND a.memory_mib > 0
    )
