package agent

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// logHost is a fake host with a log of its own, whose records end now.
func logHost(t testing.TB, c *collector, spoolDir string) Options {
	t.Helper()
	let(400 * 24 * time.Hour) // a bubble begins in 2000, and no record is older than that
	o := fakeHost(t, c, spoolDir)
	o.Config.Logs = LogsConfig{}
	o.Guarantee = func(wire.LogSource, time.Time) (float64, bool) { return 28, true }
	for name, hours := range map[string]int{"var/log/auth.log": 20, "var/log/auth.log.1": 200} {
		at := filepath.Join(o.Config.HostRoot, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for h := hours; h > 0; h-- {
			fmt.Fprintf(&text, "%s host sshd[9]: Accepted publickey\n", time.Now().Add(-time.Duration(h)*time.Hour).Format(time.RFC3339))
		}
		if err := os.WriteFile(at, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(at, time.Now(), time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// Evidence goes through the spool with every pass: all sources first, then what is new.
func TestEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		o := logHost(t, c, t.TempDir())
		stop := start(t, o)
		let(14 * time.Minute)
		let(15 * time.Minute)
		if err := os.Remove(filepath.Join(o.Config.HostRoot, "var/log/auth.log.1")); err != nil {
			t.Fatal(err)
		}
		let(16 * time.Minute)
		stop()
		if len(c.evidence) != 3 {
			t.Fatalf("%d documents in 45 minutes; want one every 15", len(c.evidence))
		}
		first, second, third := c.evidence[0], c.evidence[1], c.evidence[2]
		if first.Host != testHost || !first.Complete || second.Complete || len(second.Sources) > 1 {
			t.Errorf("first %+v\nsecond %+v", first, second)
		}
		var auth *wire.LogSource
		for i := range first.Sources {
			if first.Sources[i].Path == "/var/log/auth.log" {
				auth = &first.Sources[i]
			}
		}
		if auth == nil || len(auth.Segments) != 2 || auth.Segments[0].First.IsZero() {
			t.Fatalf("the log is not among %+v", first.Sources)
		}
		var lost []string
		for _, e := range third.Events {
			if e.Kind == wire.EventGone {
				lost = append(lost, e.Path)
			}
		}
		if diff := cmp.Diff([]string{"/var/log/auth.log.1"}, lost); diff != "" {
			t.Errorf("losses (-want +got):\n%s", diff)
		}
		// The figures go with the report after a pass, and with no other.
		with := map[int]int{}
		for _, n := range c.devices {
			with[n]++
		}
		if len(with) != 2 {
			t.Errorf("labelled series by report: %v; want some with those of the logs", with)
		}
	})
}

// logAgent is an agent whose watch over logs has begun.
func logAgent(t *testing.T) *agent {
	t.Helper()
	a, err := newAgent(logHost(t, newCollector(t), t.TempDir()).withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	if err := a.refreshIdentity(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := a.logs.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.logs.clockKnown()
	return a
}

// What could not be spooled is told again: the document of the next pass has it all.
func TestEvidenceIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := logAgent(t)
		a.delivery = nil // as if nothing could be kept
		for range 2 {
			r := <-a.logs.ready()
			if !r.Document.Complete && len(r.Document.Sources) == 0 {
				t.Error("a document that was not kept is taken for told")
			}
			if err := a.logs.take(r); err != nil {
				t.Fatal(err)
			}
		}
		a.logs.end()
	})
}

// The page shows the figures of each log; what is not known is not there.
func TestLogFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		o := logHost(t, c, t.TempDir())
		o.Guarantee = func(s wire.LogSource, _ time.Time) (float64, bool) { return math.Inf(1), s.Path == "/var/log/auth.log" }
		a, err := newAgent(o.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		defer a.close()
		if err := a.logs.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.logs.clockKnown()
		if err := a.logs.take(<-a.logs.ready()); err != nil {
			t.Fatal(err)
		}
		a.logs.end()
		page := get(t, a.handler(), "/metrics").Body.String()
		for _, want := range []string{
			`yunjian_log_guaranteed_seconds{log_source="text:/var/log/auth.log"} 3.15576e+09`,
			`yunjian_log_bytes_per_day{log_source="text:/var/log/auth.log"} `,
			"yunjian_agent_log_passes_total 1\n",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("page lacks %s:\n%s", want, page)
			}
		}
		// The pass waits for its budget of CPU, longer where the processor is slow.
		_, rest, _ := strings.Cut(page, `yunjian_log_oldest_record_age_seconds{log_source="text:/var/log/auth.log"} `)
		text, _, _ := strings.Cut(rest, "\n")
		const age, waits = 200 * 3600, 3600
		if got, err := strconv.ParseFloat(text, 64); err != nil || got < age || got > age+waits {
			t.Errorf("the oldest record is %q seconds old; want %d and up to an hour more:\n%s", text, age, page)
		}
	})
}

// Whoever stops the agent while a report waits to be taken is not kept waiting: the watch
// may have left already.
func TestReportAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := logAgent(t)
		a.logs.reports <- <-a.logs.ready() // it waits again
		a.logs.stop()
		<-a.logs.done
		if _, err := a.listen(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.logs.end()
	})
}
