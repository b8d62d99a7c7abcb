package collector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// The fixture: one provider, two units, three systems and ten hosts from July to
// September 2026. September has a gap (b3), a host that never reports (b4), a host
// that is off for ten days (c1), disks without a host (zdone, zdtwo, zdthr), a host that is resized in mid-month (b3), an
// exemption (S3), an idle host (c3), a clock that is off (a1) and a host that
// nobody registered (ghost). Two names are hostile.
const (
	fixtureProvider = "tianfu"
	hostileSystem   = `档案库<script>alert(1)</script>`
	hostileUnit     = `=cmd|' /C calc'!A0`
	bucketsADay     = 288
)

// fixtureMonth is the month under report.
func fixtureMonth() calendar.Month { return calendar.Month{Year: 2026, Month: time.September} }

// sizes is what a host has from a bucket of September on.
type sizes struct{ vcpu, memoryMiB int }

// fixtureHost is one host. cpu and memory are percent of the allocation.
type fixtureHost struct {
	id, system   string
	before       sizes
	after        sizes // from the 16th of September
	diskGiB      int
	since        int // day of September on which it was delivered; 0 for long ago
	cpu, memory  func(month time.Month, bucket int) int
	storageMiB   func(bucket int) int // nil where the host does not tell
	networkBytes float64              // per bucket, our own traffic included
	missing      func(bucket int) bool
	silent       bool
	offDays      int // first days of September for which it is known to be off
}

func (h *fixtureHost) sizeAt(month time.Month, bucket int) sizes {
	if month == time.September && bucket >= 15*bucketsADay {
		return h.after
	}
	return h.before
}

func fixtureHosts() []fixtureHost {
	low := func(month time.Month, b int) int { // 8 to 12 %, in August 6 to 10 %
		if month == time.August {
			return 6 + b%5
		}
		return 8 + b%5
	}
	high := func(_ time.Month, b int) int { return 75 + b%20 }
	host := func(id, system string, vcpu, gib, disk int) fixtureHost {
		s := sizes{vcpu, gib * 1024}
		return fixtureHost{id: id, system: system, before: s, after: s, diskGiB: disk, networkBytes: 10e6, missing: func(int) bool { return false }}
	}
	var out []fixtureHost
	for _, h := range []fixtureHost{host("a1", "S1", 4, 8, 100), host("a2", "S1", 4, 8, 100), host("a3", "S1", 8, 16, 100)} {
		h.cpu, h.memory = low, func(_ time.Month, b int) int { return 20 + b%10 }
		h.storageMiB = func(int) int { return 40 * 1024 }
		if h.id == "a3" {
			h.cpu = bursts
		}
		out = append(out, h)
	}
	for _, h := range []fixtureHost{host("b1", "S2", 8, 16, 200), host("b2", "S2", 8, 16, 200), host("b3", "S2", 4, 8, 200), host("b4", "S2", 2, 4, 200)} {
		h.cpu, h.memory = high, func(_ time.Month, b int) int { return 85 + b%10 }
		h.storageMiB = func(b int) int { return 150*1024 + b*1024/bucketsADay } // 1 GiB a day
		switch h.id {
		case "b3":
			h.after = sizes{8, 16 * 1024}
			h.missing = func(b int) bool { return b%5 == 3 }
		case "b4":
			h.silent, h.since = true, 10
		}
		out = append(out, h)
	}
	for _, h := range []fixtureHost{host("c1", "S3", 2, 4, 100), host("c2", "S3", 2, 4, 0), host("c3", "S3", 4, 8, 0)} {
		h.cpu, h.memory = func(_ time.Month, b int) int { return 2 + b%3 }, func(_ time.Month, b int) int { return 10 + b%5 }
		switch h.id {
		case "c1":
			h.offDays = 10
			h.storageMiB = func(int) int { return 10 * 1024 }
		case "c3":
			h.cpu, h.memory = func(time.Month, int) int { return 1 }, func(time.Month, int) int { return 5 }
			h.networkBytes = 1000
		}
		out = append(out, h)
	}
	return out
}

// bursts are what a3 uses: low, and in August 20 % in every 25th bucket, 25 % in nine of them, so
// that P95, P99 and peak of three months differ while P95 of August does not change.
func bursts(month time.Month, b int) int {
	switch {
	case month == time.August && b%1000 == 7:
		return 25
	case month == time.August && b%25 == 7:
		return 20
	case month == time.August:
		return 6 + b%5
	}
	return 8 + b%5
}

// used returns cores x 1000 and MiB in a bucket, as the collector stores them.
func (h *fixtureHost) used(month time.Month, b int) (millicores, mebibytes int) {
	s := h.sizeAt(month, b)
	return s.vcpu * 10 * h.cpu(month, b), s.memoryMiB * h.memory(month, b) / 100
}

func (h *fixtureHost) rows(out []wire.UsageRow, m calendar.Month) []wire.UsageRow {
	start := m.Start(store.Zone())
	first := 0
	if h.since > 0 {
		if m != fixtureMonth() {
			return out
		}
		first = (h.since - 1) * bucketsADay
	}
	for b := first; b < m.Days()*bucketsADay; b++ {
		off := m == fixtureMonth() && b < h.offDays*bucketsADay
		if h.silent || off || m == fixtureMonth() && h.missing(b) {
			continue
		}
		millicores, mebibytes := h.used(m.Month, b)
		values := map[int]float64{
			wire.IntervalSeconds: 300, wire.CPUUsedCores: float64(millicores) / 1000, wire.MemoryUsedBytes: float64(mebibytes) * (1 << 20),
			wire.NetworkReceiveBytes: h.networkBytes, wire.NetworkTransmitBytes: 0, wire.AgentTrafficBytes: 100,
			wire.ClockOffsetSeconds: 0.01,
		}
		if h.storageMiB != nil {
			values[wire.StorageUsedBytes] = float64(h.storageMiB(b)) * (1 << 20)
		}
		if h.id == "a1" && b == 1000 {
			values[wire.ClockOffsetSeconds] = -90
		}
		out = append(out, usageRow(wire.HostKey(fixtureProvider, h.id), start.Add(time.Duration(b)*5*time.Minute), values))
	}
	return out
}

// usageRow returns a row in which every value but the given ones is missing.
func usageRow(host uint64, at time.Time, values map[int]float64) wire.UsageRow {
	row := wire.UsageRow{Host: host, TS: at.Unix()}
	for i, m := range wire.Totals() {
		row.Values[i] = m.Missing
		if v, ok := values[i]; ok {
			row.Values[i] = m.Pack(v)
		}
	}
	return row
}

// fixtureStore stores the fixture, as of the given time.
func fixtureStore(t *testing.T, now time.Time) *store.Store {
	t.Helper()
	s := rig.Open(t)
	statements := []string{
		// The months of the fixture are fixed, so they grow older than any retention.
		"ALTER TABLE usage REMOVE TTL", "ALTER TABLE usage_5m REMOVE TTL",
		"INSERT INTO inventory_imports (seq) VALUES (1)",
		"INSERT INTO inventory_providers VALUES (1, 'tianfu', '天府云')",
		"INSERT INTO inventory_platforms VALUES (1, 'tf-1', '天府政务云一区', 'provider', 'tianfu')",
		"INSERT INTO inventory_units VALUES (1, 'N-0001', '省甲厅'), (1, 'N-0002', '" + strings.ReplaceAll(hostileUnit, "'", `\'`) + "')",
		`INSERT INTO inventory_systems VALUES (1, 'S1', '公文系统', 'N-0001', 'tf-1', 3, '2025-01-15', 'running'),
			(1, 'S2', '审批平台', 'N-0001', 'tf-1', 0, NULL, 'running'), (1, 'S3', '` + hostileSystem + `', 'N-0002', 'tf-1', 2, '2024-06-01', 'running')`,
		"INSERT INTO inventory_exemptions VALUES (1, 'information_system', 'S3', 'standby', '灾备系统', '领导小组办公室', '2027-03-31')",
	}
	statements = append(statements, fixtureVolumes())
	long := time.Date(2026, time.January, 1, 0, 0, 0, 0, store.Zone())
	change := time.Date(2026, time.September, 16, 0, 0, 0, 0, store.Zone())
	rows := wire.Rows{}
	hosts, registered := []string{}, []string{fmt.Sprintf("(%d, 'tianfu', 'ghost')", wire.HostKey(fixtureProvider, "ghost"))}
	all := fixtureHosts()
	for i := range all {
		h := &all[i]
		key, from := wire.HostKey(fixtureProvider, h.id), long
		if h.since > 0 {
			from = time.Date(2026, time.September, h.since, 0, 0, 0, 0, store.Zone())
		} else {
			registered = append(registered, fmt.Sprintf("(%d, 'tianfu', '%s')", key, h.id))
		}
		allocate := func(s sizes, from time.Time) {
			hosts = append(hosts, fmt.Sprintf("(1, %d, 'tianfu', '%s', '%s', %d, %d, %d, %d, 'in_service')", key, h.id, h.system, s.vcpu, s.memoryMiB, h.diskGiB, from.Unix()))
		}
		allocate(h.before, from)
		if h.after != h.before {
			allocate(h.after, change)
		}
		if h.offDays > 0 {
			off := fixtureMonth().Start(store.Zone())
			rows.Power = append(rows.Power, wire.PowerRow{Host: key, OffAt: off, OnAt: off.AddDate(0, 0, h.offDays), Source: "test"})
		}
		for k := range 3 {
			rows.Usage = h.rows(rows.Usage, fixtureMonth().Add(-k))
		}
	}
	ghost := time.Date(2026, time.September, 5, 8, 0, 0, 0, store.Zone())
	rows.Usage = append(rows.Usage, usageRow(wire.HostKey(fixtureProvider, "ghost"), ghost, map[int]float64{wire.IntervalSeconds: 300, wire.CPUUsedCores: 64}))
	statements = append(statements,
		"INSERT INTO inventory_hosts (seq, host, provider, host_id, system, vcpu, memory_mib, disk_gib, effective_from, state) VALUES "+strings.Join(hosts, ","),
		"INSERT INTO hosts (host, provider, host_id) VALUES "+strings.Join(registered, ","))
	for _, statement := range statements {
		if err := s.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(t.Context(), &rows, now); err != nil {
		t.Fatal(err)
	}
	return s
}

// fixtureVolumes has a disk of each system that no host has at the end of September, one that is
// attached and one that is given back.
func fixtureVolumes() string {
	var rows []string
	add := func(id, system string, gib int, host string, month time.Month, day int, state string) {
		from := time.Date(2026, month, day, 0, 0, 0, 0, store.Zone()).Unix()
		rows = append(rows, fmt.Sprintf("(1, 'tianfu', '%s', 'tf-1', '%s', %d, '%s', %d, '%s')", id, system, gib, host, from, state))
	}
	add("zdone", "S1", 300, "a1", time.January, 1, "in_service")
	add("zdone", "S1", 300, "", time.August, 2, "in_service")
	add("zdtwo", "S2", 40, "", time.September, 10, "in_service")
	add("zdthr", "S3", 50, "", time.September, 1, "in_service")
	add("zdheld", "S2", 70, "b1", time.January, 1, "in_service")
	add("zdgone", "S2", 80, "", time.January, 1, "in_service")
	add("zdgone", "S2", 80, "", time.September, 30, "released")
	return "INSERT INTO inventory_volumes VALUES " + strings.Join(rows, ",")
}
