-- A row of each of four owners in every table of parties; see grafana_fixture_test.go.
allocation_daily (day, host, provider, host_id, unit, system) toDate($ts), $host, $provider, $mark, $unit, $system
filing_events (filing, event, kind, provider, unit, month, at, recorded_at, data) $mark, $mark, 'send', $provider, $unit, '2026-05-01', $ts, $ts, $mark
filing_states (month, provider, report_kind, unit, recipient, filing) '2026-05-01', $provider, 'usage', $unit, $mark, $mark
findings (run, month, rule_id, subject_kind, subject, provider, unit, verdict, facts) 1, '2026-05-01', 'r', 'host', $mark, $provider, $unit, 'fail', $mark
guard_observations (proposal, provider, unit, system, host_id, day) $mark, $provider, $unit, $system, $mark, toDate($ts)
host_identity (host, at, hostname) $host, $ts, $mark
late_buckets (month, version, batch, host, received_at, first_bucket, buckets) '2026-05-01', 1, $n, $host, $ts, $ts, 1
log_downtime (host, off_at, on_at, clean, received_at) $host, $ts, $ts, 1, now()
log_events (host, ledger, seq, kind, at, source, path, received_at) $host, $mark, 1, 'deleted', $ts, $mark, $mark, now()
log_evidence (host, at, received_at) $host, $ts, now()
log_problems (host, at, origin, problem, received_at) $host, $ts, $mark, $mark, now()
log_progress (host, key, at, received_at) $host, $mark, $ts, now()
log_sources (host, key, at, path, received_at) $host, $mark, $ts, $mark, now()
log_store_hosts (store, provider, class, stream, checked_at, name) $mark, $provider, 'os-auth', '', now(), $mark
log_store_surveys (store, provider, class, stream, checked_at, note) $mark, $provider, 'os-auth', '', now(), $mark
month_facts (run, month, provider, kind, subject, system, unit) 1, '2026-05-01', $provider, 'host', $mark, $system, $unit
power_events (host, off_at, on_at, source, received_at) $host, $ts, $ts, $mark, $ts
proposal_events (proposal, event, kind, at, recorded_at, data) $mark, $mark, 'found', $ts, $ts, $mark
proposal_states (proposal, provider, unit, system, month) $mark, $provider, $unit, $system, '2026-05-01'
proposals (proposal, system, month, unit, providers) $mark, $system, '2026-05-01', $unit, [$provider]
quarantine (received_at, provider, host_id, series, ts, value, reason) now(), $provider, $mark, $mark, now(), $n, 'future'
recommendations (run, month, provider, unit, system, host_id, reason_zh) 1, '2026-05-01', $provider, $unit, $system, $mark, $mark
record_imports (seq, provider, kind, file) $n, $provider, 'backup', $mark
records (seq, provider, kind, key, fields, contents) $n, $provider, 'backup', $mark, ['a'], [$mark]
retention_verdicts (run, month, provider, unit, system, host_id, class, path) 1, '2026-05-01', $provider, $unit, $system, $mark, 'os-auth', $mark
samples (host, name, labels, ts, value, received_at) $host, 'node_load1', $labels, $ts, $n, now()
usage (host, ts, memory_total_mib, received_at) $host, $ts, $n, now()
usage_5m (host, bucket, raw_rows, memory_total_mib, cpu_used_millicores, vcpus_stored) $host, $ts, 5, $n, 1500, 4
usage_device (host, name, label, ts, value, received_at) $host, 'filesystem_used_bytes', $mark, $ts, $n, now()
