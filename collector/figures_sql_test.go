package collector_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// byQuery is what the raw tables give for a party in September: F1, F3, F4 and F5.
type byQuery struct {
	Coverage, CPUMean, CPUP95, CPUMax, CPUMeanRuns, CPUP95Runs, CPUP95Works float64
	MemoryMean, MemoryP95, MemoryP95Works                                   float64
}

// rawFigures asks the raw rows and the inventory, slot by slot, by SQL that no report uses. A slot
// counts if 90 % of what was allocated was seen or known to be off; percentiles are the nearest
// rank, sorted[ceil(0.95 n)].
const rawFigures = `
WITH
    x -> arraySort(x)[toUInt32(ceil(0.95 * length(x)))] AS rank,
    toDateTime('2026-09-01 00:00:00', 'Asia/Shanghai') AS begin,
    hosts_of AS (
        SELECT host, host_id, system, vcpu, memory_mib, effective_from AS since,
            leadInFrame(effective_from, 1, toDateTime('2100-01-01 00:00:00', 'Asia/Shanghai')) OVER (PARTITION BY host ORDER BY effective_from ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS until
        FROM inventory_hosts
    ),
    slots AS (SELECT begin + 300 * number AS at FROM numbers(8640)),
    raw AS (SELECT host AS sender, ts, cpu_used_millicores AS millicores, memory_used_mib AS mebibytes FROM usage FINAL WHERE ts >= begin AND ts < begin + 300 * 8640),
    lines AS (
        SELECT at, host_id, h.system AS system, unit, vcpu * 1000 AS cpu, toInt64(memory_mib) AS memory, millicores, mebibytes,
            sender != 0 AS seen,
            arrayExists(x -> x.1 = h.host AND at >= x.2 AND at < x.3, (SELECT groupArray((host, off_at, on_at)) FROM power_events)) AS off
        FROM hosts_of AS h
        CROSS JOIN slots
        INNER JOIN (SELECT id, unit FROM inventory_systems) AS s ON s.id = h.system
        LEFT JOIN raw ON raw.sender = h.host AND raw.ts = at
        WHERE at >= since AND at < until
    ),
    sums AS (
        SELECT party, at,
            sum(cpu) AS cpu_all, sumIf(cpu, seen OR off) AS cpu_of, sumIf(cpu, seen AND NOT off) AS cpu_on, sumIf(millicores, seen AND NOT off) AS cpu_used,
            sum(memory) AS memory_all, sumIf(memory, seen OR off) AS memory_of, sumIf(mebibytes, seen AND NOT off) AS memory_used,
            countIf(NOT off) AS due, countIf(seen AND NOT off) AS observed
        FROM lines ARRAY JOIN ['all', unit, system, host_id] AS party
        GROUP BY party, at
    )
SELECT party, sum(observed) / sum(due),
    sumIf(cpu_used, cpu_counts) / sumIf(cpu_of, cpu_counts),
    rank(groupArrayIf(cpu_used / cpu_of, cpu_counts)) AS cpu_p95,
    maxIf(cpu_used / cpu_of, cpu_counts),
    sumIf(cpu_used, cpu_counts) / sumIf(cpu_on, cpu_counts),
    rank(groupArrayIf(cpu_used / cpu_on, cpu_counts AND cpu_on > 0)),
    rank(groupArrayIf(cpu_used / cpu_of, cpu_counts AND works)),
    sumIf(memory_used, memory_counts) / sumIf(memory_of, memory_counts),
    rank(groupArrayIf(memory_used / memory_of, memory_counts)),
    rank(groupArrayIf(memory_used / memory_of, memory_counts AND works))
FROM (
    SELECT *, cpu_of > 0 AND 10 * cpu_of >= 9 * cpu_all AS cpu_counts, memory_of > 0 AND 10 * memory_of >= 9 * memory_all AS memory_counts,
        toHour(at) >= 9 AND toHour(at) < 18 AND (toDayOfWeek(at) <= 5 AND toDate(at) != '2026-09-25' OR toDate(at) = '2026-09-20') AS works
    FROM sums
)
GROUP BY party`

// checkByQuery holds the oracle, and so every figure that is claimed by it, against the raw tables.
func checkByQuery(t *testing.T, f *figured, d *definitions) {
	got := map[string]byQuery{}
	err := f.db.Each(t.Context(), rawFigures, nil, func(scan func(...any) error) error {
		var party string
		var q byQuery
		err := scan(&party, &q.Coverage, &q.CPUMean, &q.CPUP95, &q.CPUMax, &q.CPUMeanRuns, &q.CPUP95Runs, &q.CPUP95Works, &q.MemoryMean, &q.MemoryP95, &q.MemoryP95Works)
		if party != neverSent { // it has none of them
			got[party] = q
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	parties := append(append(figureUnits(), figureSystems()...), everyHost())
	for _, h := range fixtureHosts() {
		if !h.silent {
			parties = append(parties, only(h.id))
		}
	}
	want := map[string]byQuery{}
	for _, p := range parties {
		g := d.of(time.September, p)
		top, _ := g.cpu.peak()
		want[p.id] = byQuery{
			g.coverage(), g.cpu.mean(), g.cpu.p95(), top, g.cpuRuns.mean(), g.cpuRuns.p95(), g.cpuWorks.p95(), g.memory.mean(), g.memory.p95(), g.memoryWorks.p95(),
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("F1, F3, F4, F5 (-definition +SQL over the raw tables):\n%s", diff)
	}
}
