package main

import (
	"context"
	"fmt"

	"github.com/yunjian-io/yunjian/collector/store"
)

// fleetStep is how many hosts one INSERT of section judge makes.
const fleetStep = 2500

// A host of the fleet is number i of provider bench; its key is that of wire.HostKey, so
// hosts are spread over all keys as in life. Systems have ten hosts, units ten systems.
const fleetInventory = `INSERT INTO inventory_hosts (seq, host, provider, host_id, platform, system, flavor, vcpu, memory_mib, disk_gib, effective_from, state, owner)
SELECT 1, reinterpretAsUInt64(reverse(substring(SHA256(concat('bench', char(0), toString(number))), 1, 8))) AS key, 'bench', toString(number), 'c',
	concat('s', toString(intDiv(number, 10))), concat('f', toString(size)), bitShiftLeft(1, size) AS vcpus, vcpus * 4096, vcpus * 50,
	'2026-01-01 00:00:00', 'in_service', 'unit'
FROM (SELECT number, 1 + intHash64(number) %% 4 AS size FROM numbers(%[1]d, %[2]d))`

const fleetSystems = `INSERT INTO inventory_systems (seq, id, name, unit, platform, djbh_level, cutover_date, status)
SELECT 1, concat('s', toString(number)) AS id, id, concat('u', toString(intDiv(number, 10))), 'c', 2, '2020-01-01', 'running' FROM numbers(%[1]d, %[2]d)`

// fleetUsage makes the month of the hosts of rank %[1]d to %[1]d + %[2]d in the order of
// their keys. Every value is a function of the key of the host and the number of the slot
// (intHash64, which is the seed), so a second run makes the same rows:
//
//   - six hosts in ten use little CPU, three more, one much; use follows the hour, falls by
//     half at the weekend, is noisy by a quarter and jumps in one slot of 200;
//   - one slot in 200 is missing, and of every fiftieth host four whole days;
//   - every hundredth host is off for eight days, which its boot time proves, and another
//     for four days, of which power_events tells (fleetPower);
//   - every twentieth host is idle, and storage grows by a share of the host's own.
const fleetUsage = `INSERT INTO usage_5m (host, bucket, raw_rows, observed_seconds, vcpus_stored, cpu_used_millicores, cpu_used_peak_millicores,
	memory_total_mib, memory_available_mib, memory_used_mib, network_receive_bytes_stored, network_transmit_bytes_stored, agent_traffic_bytes_stored,
	storage_size_mib, storage_used_mib, boot_time_seconds_stored, derived_at)
WITH
	(SELECT groupArray((host, vcpu)) FROM (SELECT host, vcpu FROM inventory_hosts ORDER BY host LIMIT %[2]d OFFSET %[1]d)) AS hosts,
	[2, 1, 1, 1, 1, 2, 4, 8, 20, 38, 40, 36, 22, 24, 36, 38, 34, 30, 20, 12, 10, 8, 6, 4] AS hours,
	hosts[intDiv(number, %[4]d) + 1] AS it, it.1 AS host, toInt64(it.2) AS cores, number %% %[4]d AS slot,
	intHash64(host) AS kind, intHash64(bitXor(host, slot * 0x9E3779B97F4A7C15)) AS r, intDiv(slot, 288) AS day,
	kind %% 20 = 3 AS idle,
	multiIf(idle, 8, kind %% 10 < 6, 30 + kind %% 50, kind %% 10 < 9, 200, 500) AS base,
	multiIf(idle, 0, kind %% 10 < 6, 2, kind %% 10 < 9, 8, 10) AS swing,
	intDiv((base + swing * hours[intDiv(slot, 12) %% 24 + 1]) * (day %% 7 >= 5 ? 1 : 2), 2) AS level,
	intDiv(cores * level * (896 + toInt64(bitAnd(r, 255))), 1024) + if(r %% 200 = 7 AND NOT idle, cores * 300, 0) AS cpu,
	cores * 4096 AS total, intDiv(total * (idle ? 100 : 200 + kind %% 500), 1000) + toInt64(bitAnd(bitShiftRight(r, 8), 127)) AS memory,
	(idle ? 2000 : 400000 + toInt64(bitAnd(bitShiftRight(r, 16), 262143))) AS received,
	kind %% 100 = 11 AS rebooted
SELECT host, toDateTime(%[3]d + slot * 300), 5, 300, cores, least(cpu, cores * 1000), least(cpu + cores * 40, cores * 1000), total, total - memory, memory,
	received, intDiv(received, 3), 1500, cores * 51200, cores * 12800 + intDiv(cores * 8 * (kind %% 7) * slot, 288),
	if(rebooted AND day >= 20, %[3]d + 20 * 86400 - 20, 1780000000), toDateTime(%[3]d)
FROM numbers(%[2]d * %[4]d)
WHERE bitAnd(r, 0xFFFFFFFF) %% 200 != 0 AND NOT (kind %% 50 = 17 AND day BETWEEN 10 AND 13)
	AND NOT (rebooted AND day BETWEEN 12 AND 19) AND NOT (kind %% 100 = 12 AND day BETWEEN 20 AND 23)
SETTINGS max_insert_threads = 1, optimize_on_insert = 0, max_threads = 1, min_insert_block_size_rows = 2000000, max_block_size = 65536`

// Provider and units have names, and hosts have reported, as reports need them.
const (
	fleetProvider = `INSERT INTO inventory_providers (seq, id, name) VALUES (1, 'bench', 'bench')`
	fleetPlatform = `INSERT INTO inventory_platforms (seq, id, name, kind, provider) VALUES (1, 'c', 'c', 'provider', 'bench')`
	fleetHosts    = `INSERT INTO hosts (host, provider, host_id) SELECT host, provider, host_id FROM inventory_hosts`
	fleetUnits    = `INSERT INTO inventory_units (seq, code, name) SELECT 1, concat('u', toString(number)) AS code, code FROM numbers(%d)`
)

const fleetPower = `INSERT INTO power_events (host, off_at, on_at, source, received_at)
SELECT host, toDateTime(%[1]d + 20 * 86400), toDateTime(%[1]d + 24 * 86400), 'bench', toDateTime(%[1]d)
FROM inventory_hosts WHERE intHash64(host) %% 100 = 12`

// fillFleet makes the hosts, systems and the month of a fleet of n hosts inside the
// engine, and merges it as a closed month is in life. It tells its progress.
func (b *bench) fillFleet(ctx context.Context, s *store.Store, n int) error {
	begin, _ := percentileMonth()
	for _, text := range []string{
		fmt.Sprintf(fleetInventory, 0, n),
		fmt.Sprintf(fleetSystems, 0, (n+9)/10),
		fmt.Sprintf(fleetUnits, (n+99)/100),
		fleetProvider,
		fleetHosts,
		fleetPlatform,
		"INSERT INTO inventory_imports (seq) VALUES (1)",
		fmt.Sprintf(fleetPower, begin.Unix()),
	} {
		if err := s.Exec(ctx, text); err != nil {
			return fmt.Errorf("make inventory: %w", err)
		}
	}
	for from := 0; from < n; from += fleetStep {
		if err := s.Exec(ctx, fmt.Sprintf(fleetUsage, from, min(fleetStep, n-from), begin.Unix(), monthBuckets)); err != nil {
			return fmt.Errorf("make month: %w", err)
		}
		if from > 0 && from%10_000 == 0 {
			b.say("%s of %s hosts made", number(float64(from)), number(float64(n)))
		}
	}
	if err := s.Exec(ctx, "OPTIMIZE TABLE usage_5m FINAL"); err != nil {
		return fmt.Errorf("merge month: %w", err)
	}
	return nil
}

// forgetRuns removes what earlier judging has left in a fleet that was kept, so that every
// run does the same work.
func (b *bench) forgetRuns(ctx context.Context, s *store.Store) error {
	for _, table := range []string{"findings", "judge_runs", "recommendations", "retention_verdicts", "proposals", "proposal_events"} {
		if err := s.Exec(ctx, "TRUNCATE TABLE "+table); err != nil {
			return fmt.Errorf("forget earlier runs: %w", err)
		}
	}
	return nil
}
