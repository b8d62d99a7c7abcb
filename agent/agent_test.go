package agent

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// start runs an agent inside a synctest bubble. stop ends it and waits.
func start(t testing.TB, o Options) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, o) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v", err)
		}
	}
}

// let lets time pass in the bubble.
func let(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// minutes are the instants of n rows from a begin, one minute apart.
func minutes(from time.Time, n int) (all []time.Time) {
	for i := range n {
		all = append(all, from.Add(time.Duration(i)*time.Minute).Local())
	}
	return all
}

func TestReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		c.clock = func() time.Time { return time.Now().Add(-1500 * time.Millisecond) }
		o := fakeHost(t, c, t.TempDir())
		let(17 * time.Second) // the first interval is partial and must not be reported
		begin := time.Now().Truncate(time.Minute)
		stop := start(t, o)
		let(5*time.Minute - 18*time.Second)
		stop()
		if diff := cmp.Diff(minutes(begin.Add(time.Minute), 3), c.rows); diff != "" {
			t.Error(diff)
		}
		if len(c.ids) != 1 || c.ids[0].Host != testHost || c.ids[0].HostKind != wire.HostConfigured || c.ids[0].AgentVersion != "0.0.1" {
			t.Errorf("identities: %+v; want one at the start", c.ids)
		}
		first, second := c.values[c.rows[0]], c.values[c.rows[1]]
		if v, ok := first["clock_offset_seconds"]; !ok || v != 1.5 {
			t.Errorf("clock_offset_seconds = %v; want 1.5", v)
		}
		for name, want := range map[string]float64{"interval_seconds": 60, "vcpus": 2, "memory_total_bytes": 4096000000, "probe_failures": 0, "network_receive_bytes": 0, "storage_used_bytes": 60} {
			if got, ok := second[name]; !ok || got != want {
				t.Errorf("%s = %v, %v; want %v", name, got, ok, want)
			}
		}
		if got := c.devices[c.rows[0]]; got != 5+2*4+2*2 {
			t.Errorf("%d labelled series; want those of one file system, two disks and two interfaces", got)
		}
		// The sending is late by this host's share, the sample's time is not.
		late := c.at[len(c.at)-1].Sub(c.rows[len(c.rows)-1].Add(time.Minute))
		if want := spread(testHost, time.Minute); late != want || want == 0 || want >= 10*time.Second {
			t.Errorf("sent %v after the interval; want %v", late, want)
		}
	})
}

// Another receiver of remote write has no door for documents, and one that
// answered 404 for ever would hold up everything behind it.
func TestMetricsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		c.set(func(r *http.Request, _ []byte) (int, http.Header) {
			if r.URL.Path != wire.PathWrite {
				return http.StatusNotFound, nil
			}
			return 0, nil
		})
		o := fakeHost(t, c, t.TempDir())
		o.Config.MetricsOnly = true
		stop := start(t, o)
		let(4*time.Minute - time.Second)
		stop()
		if len(c.rows) != 2 || len(c.refused) != 0 {
			t.Errorf("%d rows, refused %v; want 2 and none", len(c.rows), c.refused)
		}
	})
}

// While the collector is away, every interval must be looked at and kept; they
// arrive in order once it is back, folded or not, also after a restart.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		dir := t.TempDir()
		o := fakeHost(t, c, dir)
		c.set(always(http.StatusBadGateway))
		begin := time.Now()
		stop := start(t, o)
		let(time.Hour + time.Second)
		stop()
		tries := len(c.at)
		segments, _ := filepath.Glob(filepath.Join(dir, "*.segment"))
		if len(segments) == 0 {
			t.Error("nothing was folded in an hour")
		}
		let(59*time.Minute + 59*time.Second)
		c.set(nil)
		stop = start(t, o)
		let(3*time.Minute + 30*time.Second)
		stop()
		// The bubble begins on a whole minute, so the first look is at second 5 and
		// the first whole interval begins at minute 1.
		want := append(minutes(begin.Add(time.Minute), 59), minutes(begin.Add(121*time.Minute), 2)...)
		if diff := cmp.Diff(want, c.rows); diff != "" {
			t.Error(diff)
		}
		if tries < 12 || tries > 60 {
			t.Errorf("%d tries in an hour; want backing off to one in five minutes", tries)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.[bs]*")); len(left) != 0 {
			t.Errorf("left in the spool: %v", left)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		c.set(func(*http.Request, []byte) (int, http.Header) {
			return http.StatusServiceUnavailable, http.Header{"Retry-After": {"100"}}
		})
		stop := start(t, fakeHost(t, c, t.TempDir()))
		let(20 * time.Minute)
		stop()
		for i := 1; i < len(c.at); i++ {
			if gap := c.at[i].Sub(c.at[i-1]); gap < 100*time.Second || gap > 111*time.Second {
				t.Errorf("try %d came %v after the one before; want what the collector asked for", i, gap)
			}
		}
		if len(c.at) < 10 {
			t.Errorf("%d tries in 20 minutes", len(c.at))
		}
	})
}

// A slow collector must not delay a look: the intervals stay whole.
func TestSlowCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		o := fakeHost(t, c, t.TempDir())
		o.Transport = slow{c}
		begin := time.Now()
		stop := start(t, o)
		let(10 * time.Minute)
		stop()
		if len(c.rows) < 5 {
			t.Fatalf("%d rows arrived in ten minutes", len(c.rows))
		}
		if diff := cmp.Diff(minutes(begin.Add(time.Minute), len(c.rows)), c.rows); diff != "" {
			t.Error(diff)
		}
	})
}

type slow struct{ *collector }

// RoundTrip answers after 25 seconds.
func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(25 * time.Second):
		return s.collector.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// A probe that fails says so in a metric and once in the log.
func TestProbeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		o := fakeHost(t, c, t.TempDir())
		log, text := logged()
		o.Log = log
		stop := start(t, o)
		let(2*time.Minute + 30*time.Second)
		stat, err := os.ReadFile(filepath.Join(o.Config.HostRoot, "proc/stat"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, o, "proc/stat", "")
		let(3 * time.Minute)
		write(t, o, "proc/stat", string(stat))
		let(2 * time.Minute)
		stop()
		var failures []float64
		for _, ts := range c.rows {
			failures = append(failures, c.values[ts]["probe_failures"])
			v, ok := c.values[ts]["vcpus"]
			if isMissing(v, ok) != (c.values[ts]["probe_failures"] == 1) {
				t.Errorf("%v: vcpus %v with %v failures", ts, v, c.values[ts]["probe_failures"])
			}
		}
		if diff := cmp.Diff([]float64{0, 1, 1, 1, 1, 0}, failures); diff != "" {
			t.Error(diff)
		}
		if strings.Count(text(), "probe fails") != 1 || strings.Count(text(), "probe recovered") != 1 {
			t.Errorf("want one line a change:\n%s", text())
		}
	})
}

// The identity is sent again after a change and once a day; a better host id is
// taken, a worse one is not.
func TestIdentityIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		o := fakeHost(t, c, t.TempDir())
		stop := start(t, o)
		let(25 * time.Hour)
		if len(c.ids) != 2 {
			t.Fatalf("%d identities in 25 hours; want 2", len(c.ids))
		}
		write(t, o, "proc/sys/kernel/hostname", "renamed\n")
		let(time.Hour)
		stop()
		if len(c.ids) != 3 || c.ids[2].Hostname != "renamed" {
			t.Errorf("identities after a change: %+v", c.ids)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		o := fakeHost(t, c, t.TempDir())
		o.Config.HostID, o.Config.CollectorURL = "", ""
		write(t, o, "run/cloud-init/.instance-id", "")
		a, err := newAgent(o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, id := range []string{"", "i-5", "", "i-6"} {
			write(t, o, "run/cloud-init/.instance-id", id)
			let(time.Hour)
			if err := a.refreshIdentity(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			got = append(got, a.identity.now.Host)
		}
		machine := "0123456789abcdef0123456789abcdef"
		if diff := cmp.Diff([]string{machine, "i-5", "i-5", "i-5"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Damage of our own files stops the agent with a text that says what to do.
func TestDamagedSpool(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "00000000000000000001.batch"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Run(t.Context(), fakeHost(t, newCollector(t), dir))
	if err == nil || !strings.Contains(err.Error(), "move the file out of the folder") {
		t.Errorf("Run() = %v; want what to do", err)
	}
}

func TestTwoAgents(t *testing.T) {
	o := fakeHost(t, newCollector(t), t.TempDir())
	a, err := newAgent(o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if _, err := newAgent(o); err == nil || !strings.Contains(err.Error(), "another agent") {
		t.Errorf("second agent on one spool: %v; want an error", err)
	}
}
