package store_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/enginetest"
	"github.com/yunjian-io/yunjian/internal/wire"
)

var rig enginetest.Rig

func TestMain(m *testing.M) { os.Exit(enginetest.MainWith(m, &rig)) }

func TestMigrateTwice(t *testing.T) {
	s, err := store.Open(t.Context(), rig.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first, err := s.Migrate(t.Context())
	if err != nil || len(first) == 0 {
		t.Fatalf("Migrate() = %v, %v; want steps", first, err)
	}
	second, err := s.Migrate(t.Context())
	if err != nil || len(second) != 0 {
		t.Fatalf("second Migrate() = %v, %v; want nothing to do", second, err)
	}
	for range 2 {
		if err := s.SetRetention(t.Context(), store.Retention{RawDays: 40, FiveMinute: 26, Days: map[string]int{"samples": 7}}); err != nil {
			t.Fatal(err)
		}
	}
	for table, want := range map[string]string{
		"usage": "toIntervalDay(40)", "usage_device": "toIntervalDay(40)", "samples": "toIntervalDay(7)", "usage_5m": "toIntervalMonth(26)",
	} {
		err := s.Each(t.Context(), "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
			map[string]any{"table": table}, func(scan func(...any) error) error {
				var create string
				err := scan(&create)
				if !strings.Contains(create, want) {
					t.Errorf("%s is kept by %q; want %s", table, create, want)
				}
				return err
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetRetention(t.Context(), store.Retention{RawDays: 40, FiveMinute: 26, Days: map[string]int{"findings": 1}}); err == nil {
		t.Error("retention of a table that is not raw was set")
	}
}

// minute returns a complete row in which every value but a few is missing.
func minute(host uint64, at time.Time, values map[int]float64) wire.UsageRow {
	row := wire.UsageRow{Host: host, TS: at.Unix()}
	for i, m := range wire.Totals() {
		row.Values[i] = m.Missing
		if v, ok := values[i]; ok {
			row.Values[i] = m.Pack(v)
		}
	}
	return row
}

type bucket struct {
	RawRows, Observed uint16
	CPU, Peak         int32
	Receive, Read     int64
}

func buckets(t *testing.T, s *store.Store, host uint64) map[string]bucket {
	t.Helper()
	got := map[string]bucket{}
	err := s.Each(t.Context(), `SELECT formatDateTime(bucket, '%F %R'), raw_rows, observed_seconds, cpu_used_millicores,
		cpu_used_peak_millicores, network_receive_bytes_stored, disk_read_bytes_stored
		FROM usage_5m FINAL WHERE host = {host:UInt64}`, map[string]any{"host": host}, func(scan func(...any) error) error {
		var at string
		var b bucket
		if err := scan(&at, &b.RawRows, &b.Observed, &b.CPU, &b.Peak, &b.Receive, &b.Read); err != nil {
			return err
		}
		got[at] = b
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDerive(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	day := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	const host = 7
	commit := func(rows ...wire.UsageRow) {
		t.Helper()
		if err := s.Commit(t.Context(), &wire.Rows{Usage: rows}, now); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Derive(t.Context(), now.Add(time.Second)); err != nil || n != 1 {
			t.Fatalf("Derive() = %d, %v; want 1 commit", n, err)
		}
	}
	at := func(m int, cpu, peak, rx float64) wire.UsageRow {
		return minute(host, day.Add(time.Duration(m)*time.Minute), map[int]float64{
			wire.IntervalSeconds: 60, wire.CPUUsedCores: cpu, wire.CPUUsedPeakCores: peak, wire.NetworkReceiveBytes: rx,
		})
	}
	// Two of five minutes are too few for a value, and the second bucket has three.
	commit(at(0, 1, 2, 100), at(1, 2, 4, 100), at(5, 0.001, 0.5, 10), at(6, 0.001, 0.5, 10), at(8, 0.002, 0.25, 10))
	want := map[string]bucket{
		day.Format("2006-01-02 ") + "00:00": {2, 120, -1, -1, -1, -1},
		day.Format("2006-01-02 ") + "00:05": {3, 180, 1, 500, 50, -1}, // mean of 1, 1 and 2 rounds to 1; 30 bytes in 180 s
	}
	if diff := cmp.Diff(want, buckets(t, s, host)); diff != "" {
		t.Error(diff)
	}
	// Late rows derive the bucket again; a redelivered row changes nothing.
	commit(at(2, 3, 3, 100), at(1, 2, 4, 100))
	want[day.Format("2006-01-02 ")+"00:00"] = bucket{3, 180, 2000, 4000, 500, -1}
	if diff := cmp.Diff(want, buckets(t, s, host)); diff != "" {
		t.Error(diff)
	}
	if n, err := s.Derive(t.Context(), now.Add(time.Hour)); err != nil || n != 0 {
		t.Errorf("Derive() with nothing to do = %d, %v", n, err)
	}
	if err := s.TidyDerived(t.Context(), now.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, waiting, err := s.Lag(t.Context(), now); err != nil || waiting != 0 {
		t.Errorf("Lag() = %d waiting, %v; want 0", waiting, err)
	}
}

// A derivation that sees fewer raw rows than an earlier one, since they have
// expired, must not replace it.
func TestDeriveNeverFromFewer(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	start := now.Truncate(24*time.Hour).AddDate(0, 0, -3)
	full := []wire.UsageRow{}
	for m := range 5 {
		full = append(full, minute(9, start.Add(time.Duration(m)*time.Minute), map[int]float64{wire.IntervalSeconds: 60, wire.CPUUsedCores: 1}))
	}
	for _, rows := range [][]wire.UsageRow{full, full[:1]} {
		if err := s.Commit(t.Context(), &wire.Rows{Usage: rows}, now); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Derive(t.Context(), now.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(t.Context(), "TRUNCATE TABLE usage"); err != nil {
			t.Fatal(err)
		}
	}
	for at, b := range buckets(t, s, 9) {
		if b.RawRows != 5 || b.CPU != 1000 {
			t.Errorf("bucket %s = %+v; want the five rows of the first derivation", at, b)
		}
	}
}

func TestStatusShowsClones(t *testing.T) {
	s := rig.Open(t)
	now := time.Now().Truncate(time.Second)
	rows := &wire.Rows{}
	for host, boots := range map[string]string{"clone": "abab", "rebooted": "aabb"} {
		key := wire.HostKey("p", host)
		rows.Hosts = append(rows.Hosts, wire.Host{Key: key, Provider: "p", ID: host})
		for i, boot := range boots {
			rows.Identities = append(rows.Identities, wire.IdentityRow{Host: key, Identity: wire.Identity{BootID: string(boot), At: now.Add(time.Duration(i) * time.Minute)}})
		}
	}
	rows.Usage = append(rows.Usage, minute(wire.HostKey("p", "clone"), now.Truncate(time.Minute), map[int]float64{wire.IntervalSeconds: 60}))
	if err := s.Commit(t.Context(), rows, now); err != nil {
		t.Fatal(err)
	}
	got, err := s.HostStatus(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	want := []store.HostStatus{
		{Provider: "p", HostID: "clone", LastReport: now.Truncate(time.Minute), Conflict: true},
		{Provider: "p", HostID: "rebooted"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAgainstDSN runs the other tests of this package against a server that is
// only known by its DSN: the engine's door behind a TCP port.
func TestAgainstDSN(t *testing.T) {
	if os.Getenv(enginetest.EnvDSN) != "" {
		t.Skip("runs inside itself")
	}
	rig.Open(t) // starts the engine
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				d, err := rig.Engine().DialContext(t.Context(), "")
				if err != nil {
					return
				}
				defer d.Close()
				go func() { _, _ = io.Copy(d, c) }() // either end closes both
				_, _ = io.Copy(c, d)
			}()
		}
	}()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v")
	cmd.Env = append(os.Environ(), enginetest.EnvDSN+"=http://default@"+l.Addr().String())
	out, err := cmd.CombinedOutput()
	if n := bytes.Count(out, []byte("--- PASS")); err != nil || n < 5 {
		t.Errorf("%d tests pass against a DSN, %v:\n%s", n, err, out)
	}
}
