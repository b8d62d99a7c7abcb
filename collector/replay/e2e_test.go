package replay_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/replay"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/internal/enginetest"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

var rig enginetest.Rig

func TestMain(m *testing.M) { os.Exit(enginetest.MainWith(m, &rig)) }

// fixture is a trace of three machines over the end of January and of February 2013:
// machine 1 is measured, with gaps; machine 2 is off over midnight and over the end of
// January, and lacks a size on its second day; machine 3 has the 31st alone.
func fixture(t testing.TB) []traces.VM {
	t.Helper()
	var cpu, memory, rx, capacity strings.Builder
	for _, out := range []*strings.Builder{&cpu, &memory, &rx, &capacity} {
		out.WriteString("vm,day,values\n")
	}
	day := func(vm int, date string, value func(slot int) string) {
		var c, m []string
		for slot := range traces.Slots {
			v := value(slot)
			c = append(c, v)
			if v != "" && v != "-1" {
				v = fmt.Sprint(100*vm + slot)
			}
			m = append(m, v)
		}
		fmt.Fprintf(&cpu, "%d,%s,%s\n", vm, date, strings.Join(c, ","))
		fmt.Fprintf(&memory, "%d,%s,%s\n", vm, date, strings.Join(m, ","))
		fmt.Fprintf(&rx, "%d,%s,%s250.5\n", vm, date, strings.Repeat("1000,", 23))
	}
	measured := func(slot int) string {
		switch {
		case slot%7 == 3:
			return ""
		case slot == 20:
			return "-1"
		}
		return fmt.Sprint(slot * 13)
	}
	off := func(from, to int) func(int) string {
		return func(slot int) string {
			if slot >= from && slot < to {
				return "-1"
			}
			return "1234.5"
		}
	}
	day(1, "2013-01-30", measured)
	day(1, "2013-02-28", measured)
	day(2, "2013-01-29", off(280, 288))
	day(2, "2013-01-30", off(0, 12))
	day(2, "2013-01-31", off(200, 288))
	day(2, "2013-02-01", off(0, 288))
	day(3, "2013-01-31", measured)
	capacity.WriteString("1,2013-01-30,3,7800,4096\n1,2013-02-28,4,10400,8192\n2,2013-01-29,2,5200,1500\n3,2013-01-31,1,2600,512\n")
	dir := fstest.MapFS{
		"x_cpu_mhz.csv": {Data: []byte(cpu.String())}, "x_mem_mib.csv": {Data: []byte(memory.String())},
		"x_net_rx_bps.csv": {Data: []byte(rx.String())}, "x_capacity.csv": {Data: []byte(capacity.String())},
	}
	var vms []traces.VM
	s, err := traces.Read(dir, traces.Options{}, func(v traces.VM) error {
		vms = append(vms, v)
		return nil
	})
	if err != nil || s.SkippedLines != 0 || len(vms) != 3 {
		t.Fatalf("fixture: %+v, %v", s, err)
	}
	return vms
}

const provider = "demo"

var secrets = ingest.Secrets{provider: []byte(strings.Repeat("s", ingest.MinSecretBytes))}

// door is the collector's real door before a fresh database.
func door(t *testing.T, limits wire.Limits) (*store.Store, string) {
	t.Helper()
	db := rig.Open(t)
	commits := ingest.NewCommitter(ingest.CommitterConfig{Window: 10 * time.Millisecond, Commit: db.Commit})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		commits.Run(ctx)
		close(done)
	}()
	server := httptest.NewServer(ingest.NewHandler(ingest.Config{
		Secrets: secrets, Limits: limits, Registry: ingest.NewRegistry(nil), Put: commits.Put,
		KeepMonths: 25, Now: now, Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(func() {
		server.Close()
		stop()
		<-done
	})
	return db, server.URL
}

// now is the clock of the door and of the replay.
func now() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, store.Zone()) }

// config replays the fixture in March and April 2026.
func config(t *testing.T, url string) replay.Config {
	t.Helper()
	token, err := ingest.Mint(secrets[provider], ingest.Scope{Provider: provider})
	if err != nil {
		t.Fatal(err)
	}
	vms := fixture(t)
	shift, err := replay.NewShift(vms, calendar.Month{Year: 2026, Month: 3}, now(), store.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return replay.Config{VMs: vms, URL: url, Token: token, Client: new(http.Client), Shift: shift, Zone: store.Zone(), Now: now()}
}

// lines asks for rows of text.
func lines(t *testing.T, db *store.Store, question string) (out []string) {
	t.Helper()
	err := db.Each(t.Context(), question, nil, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		out = append(out, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// dump is everything that a replay writes, but for the times of receipt and derivation.
func dump(t *testing.T, db *store.Store) map[string][]string {
	t.Helper()
	return map[string][]string{
		"hosts":        lines(t, db, "SELECT DISTINCT toString(tuple(host, provider, host_id)) AS s FROM hosts ORDER BY s"),
		"usage":        lines(t, db, "SELECT toString(tuple(* EXCEPT received_at)) FROM usage FINAL ORDER BY host, ts"),
		"usage_5m":     lines(t, db, "SELECT toString(tuple(* EXCEPT derived_at)) FROM usage_5m FINAL ORDER BY host, bucket"),
		"power_events": lines(t, db, "SELECT toString(tuple(* EXCEPT received_at)) FROM power_events FINAL ORDER BY host, off_at"),
		"samples":      lines(t, db, "SELECT toString(tuple(*)) FROM samples"),
		"quarantine":   lines(t, db, "SELECT toString(tuple(*)) FROM quarantine"),
	}
}

// expected lists, for every slot that the fixture measured, the derived values.
func expected(c replay.Config) (out []string) {
	for i := range c.VMs {
		v := &c.VMs[i]
		for j := range v.Days {
			d := &v.Days[j]
			date, ok := c.Shift.Date(d.Date)
			if !ok {
				continue
			}
			for slot := range traces.Slots {
				if d.State(slot) != traces.Known {
					continue
				}
				out = append(out, fmt.Sprintf("%s %d %d %d %d %d %d %d -1", replay.HostID(v.ID),
					date.In(store.Zone()).Unix()+int64(slot)*300, d.Cores,
					int(math.Round(traces.At(d.CPU, slot)/d.MHzPerCore()*1000)),
					int(math.Round(d.MemoryMiB)), int(traces.At(d.Memory, slot)),
					int(math.Round(traces.At(d.Receive, slot)*300)), 300))
			}
		}
	}
	return out
}

func TestReplayTwice(t *testing.T) {
	db, url := door(t, wire.DefaultLimits())
	c := config(t, url)
	var before map[string][]string
	for round := range 2 {
		var last replay.Progress
		c.Report = func(p replay.Progress) { last = p }
		s, err := replay.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Derive(t.Context(), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		want := expected(c)
		if s.Rows != int64(len(want)) || s.Documents != 3 || len(s.Refused) != 0 || last.Rows != last.Total || s.Missing == 0 || !s.UnfinishedDay.IsZero() {
			t.Errorf("round %d: %+v, progress %+v; want %d rows", round, s, last, len(want))
		}
		got := lines(t, db, `SELECT concat(h.host_id, ' ', toString(toUInt32(bucket)), ' ', toString(vcpus_stored), ' ', toString(cpu_used_millicores), ' ',
			toString(memory_total_mib), ' ', toString(memory_used_mib), ' ', toString(network_receive_bytes_stored), ' ', toString(observed_seconds), ' ', toString(cpu_steal_millicores))
			FROM (SELECT * FROM usage_5m FINAL) AS u JOIN (SELECT DISTINCT host, host_id FROM hosts) AS h ON h.host = u.host ORDER BY h.host_id, bucket`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d: derived values are not those of the trace (-want +got):\n%s", round, diff)
		}
		after := dump(t, db)
		if diff := cmp.Diff(before, after); round > 0 && diff != "" {
			t.Errorf("the second replay changed something (-first +second):\n%s", diff)
		}
		before = after
	}
	if len(before["samples"])+len(before["quarantine"]) != 0 {
		t.Errorf("incomplete rows %v, quarantine %v; want neither", before["samples"], before["quarantine"])
	}
}

func TestReplayOff(t *testing.T) {
	db, url := door(t, wire.DefaultLimits())
	c := config(t, url)
	if _, err := replay.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Derive(t.Context(), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"vm-0001 2026-03-30 01:40:00 2026-03-30 01:45:00 replay",
		"vm-0001 2026-04-28 01:40:00 2026-04-28 01:45:00 replay",
		"vm-0002 2026-03-29 23:20:00 2026-03-30 01:00:00 replay", // over midnight
		"vm-0002 2026-03-31 16:40:00 2026-04-02 00:00:00 replay", // over the end of the month
		"vm-0003 2026-03-31 01:40:00 2026-03-31 01:45:00 replay",
	}
	got := lines(t, db, `SELECT concat(h.host_id, ' ', toString(off_at), ' ', toString(on_at), ' ', source)
		FROM (SELECT * FROM power_events FINAL) AS p JOIN (SELECT DISTINCT host, host_id FROM hosts) AS h ON h.host = p.host ORDER BY h.host_id, off_at`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// With the made-up inventory the day off is known, and the gaps are not.
	files, err := replay.Inventory(c.VMs, provider, c.Shift)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		done, err := collector.ImportInventory(t.Context(), db, collector.InventoryFile{Name: f.Name, Data: f.Data, By: "test"}, c.Now)
		if f.Kind == "exemptions" {
			continue // three machines are too few for any
		}
		if err != nil || len(done.Problems) > 0 {
			t.Fatalf("import %s: %v, %v", f.Name, done.Problems, err)
		}
	}
	day := calendar.Date{Year: 2026, Month: 4, Day: 1}.In(store.Zone())
	facts, err := db.ProviderMonth(t.Context(), store.Span{From: day, To: day.AddDate(0, 0, 1), Workdays: []string{}}, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	seconds := map[string][3]uint64{}
	for _, f := range facts.Hosts {
		seconds[f.HostID] = [3]uint64{f.AllocatedSeconds, f.ObservedSeconds, f.OffSeconds}
	}
	wantSeconds := map[string][3]uint64{"vm-0001": {86400, 0, 0}, "vm-0002": {86400, 0, 86400}, "vm-0003": {86400, 0, 0}}
	if diff := cmp.Diff(wantSeconds, seconds); diff != "" {
		t.Error(diff)
	}
}

// Requests that are over the collector's limits are split until they are not.
func TestReplaySplits(t *testing.T) {
	limits := wire.DefaultLimits()
	limits.Samples = 20 * wire.RowWidth
	db, url := door(t, limits)
	c := config(t, url)
	s, err := replay.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	got := lines(t, db, "SELECT toString(count()) FROM usage FINAL")
	if want := []string{fmt.Sprint(len(expected(c)))}; !cmp.Equal(want, got) || s.Requests < s.Rows/20 {
		t.Errorf("%v rows stored by %d requests; want %v", got, s.Requests, want)
	}
	c.PerHost, c.Limit = true, 50
	if s, err = replay.Run(t.Context(), c); err != nil || s.Rows != 50 || s.Requests != 50+int64(s.Documents) {
		t.Errorf("per host: %+v, %v; want 50 requests of a row", s, err)
	}
}
