package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// chaosTime is how long faults are injected; YUNJIAN_CHAOS sets another.
func chaosTime(t *testing.T) time.Duration {
	text := os.Getenv("YUNJIAN_CHAOS")
	if text == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestFaults kills agent, collector and engine at random moments under load and
// cuts the network. In the end every row that was acknowledged is there once,
// and the five-minute buckets hold all raw rows.
func TestFaults(t *testing.T) {
	needEngine(t)
	if testing.Short() {
		t.Skip("takes a minute and more")
	}
	dir := t.TempDir()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "demo.secret", strings.Repeat("s", 40))
	config := write(t, dir, "collector.yaml", fmt.Sprintf(
		"data_dir: data\nlisten: 127.0.0.1:%s\ngroup_commit: 100ms\nproviders:\n  - {id: demo, secret_file: demo.secret}\n", port))
	agentPort, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	url := "http://127.0.0.1:" + port
	collector := start(t, "collector.log", "yunjian-collector", "serve", "--config", config)
	if err := untilOK(t.Context(), url+"/healthz"); err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(output(t, "yunjian-collector", "token", "--provider", "demo", "--config", config))
	proxy := newProxy(t, "127.0.0.1:"+port)
	agentToken := output(t, "yunjian-collector", "token", "--provider", "demo", "--host", "agent-host", "--config", config)
	agentConfig := write(t, dir, "agent.yaml", fmt.Sprintf(
		"collector_url: http://%s\ntoken_file: %s\nhost_id: agent-host\nspool_dir: %s\nspool_limit: 64KiB\nlook_interval: 1s\nreport_interval: 1s\nlisten: 127.0.0.1:%s\n",
		proxy.address, write(t, dir, "agent.token", agentToken), mkdir(t, dir, "spool"), agentPort))
	agent := start(t, "agent.log", "yunjian-agent", "run", "--config", agentConfig)

	load := newLoad(url, token)
	ctx, stop := context.WithTimeout(t.Context(), chaosTime(t))
	defer stop()
	var senders sync.WaitGroup
	for i := range 48 {
		senders.Go(func() { load.send(ctx, i) })
	}
	fired := injectFaults(ctx, collector, agent, proxy)
	senders.Wait()
	if err := untilOK(t.Context(), url+"/healthz"); err != nil {
		t.Fatal(err)
	}
	proxy.open()
	fired["full spool"] = fillSpool(t, proxy, "http://127.0.0.1:"+agentPort+"/metrics")
	t.Logf("faults fired: %v; acknowledged %d, refused or broken %d", fired, len(load.acked), load.failed.Load())
	for _, fault := range []string{"kill collector", "kill engine", "kill agent", "cut network", "full spool"} {
		if fired[fault] == 0 {
			t.Errorf("fault %q never fired", fault)
		}
	}
	if load.failed.Load() == 0 || len(load.acked) < 100 {
		t.Errorf("%d acknowledged, %d failed: the faults did not meet any load", len(load.acked), load.failed.Load())
	}
	waitForAgent(t, url, config)
	collector.signal(syscall.SIGTERM) // the commands below open the database themselves
	collector.wait()
	checkStored(t, dir, load)
}

func mkdir(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// injectFaults fires faults in random order until ctx ends, and counts them.
func injectFaults(ctx context.Context, collector, agent *process, proxy *proxy) map[string]int {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)) // which faults fired is logged, not replayed
	fired := map[string]int{}
	order := []string{"kill engine", "kill collector", "cut network", "kill agent"}
	for i := 0; ; i++ {
		pause := time.NewTimer(time.Duration(500+random.IntN(2500)) * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			return fired
		}
		fault := order[random.IntN(len(order))]
		if i < len(order) {
			fault = order[i] // each at least once
		}
		switch fault {
		case "kill engine":
			if pid := child(collector.pid()); pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
				fired[fault]++
			}
		case "kill collector":
			collector.signal(syscall.SIGKILL)
			collector.wait()
			collector.again()
			fired[fault]++
		case "kill agent":
			agent.signal(syscall.SIGKILL)
			agent.wait()
			agent.again()
			fired[fault]++
		case "cut network":
			if proxy.cut() {
				fired[fault]++
			}
		}
	}
}

// fillSpool cuts the network until the agent has dropped its oldest batches, and
// mends it. It returns how many were dropped.
func fillSpool(t *testing.T, proxy *proxy, metrics string) int {
	t.Helper()
	if err := untilOK(t.Context(), metrics); err != nil {
		t.Fatal(err)
	}
	proxy.cut()
	defer proxy.open()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for start := time.Now(); time.Since(start) < time.Minute; <-tick.C {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, metrics, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), "\nyunjian_agent_spool_overflow_batches_total ")
		number, _, _ := strings.Cut(rest, "\n")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// child returns the pid of the first child process of a process, or 0.
func child(parent int) int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Dir(name), "/proc/"))
			if err == nil {
				return pid
			}
		}
	}
	return 0
}

// load sends rows as agents do, each until it is acknowledged, and keeps what was.
type load struct {
	url, token string
	base       time.Time
	failed     atomic.Int64

	mu    sync.Mutex
	acked map[rowID]float64 // cores
}

type rowID struct {
	host string
	at   int64
}

func newLoad(url, token string) *load {
	return &load{url: url, token: token, base: time.Now().Add(-48 * time.Hour).Truncate(5 * time.Minute), acked: map[rowID]float64{}}
}

func (l *load) send(ctx context.Context, sender int) {
	random := rand.New(rand.NewPCG(7, uint64(sender)))
	var e wire.Encoder
	for minute := 0; ctx.Err() == nil; minute++ {
		id := rowID{fmt.Sprintf("load-%d-%d", sender, minute%20), l.base.Add(time.Duration(minute/20) * time.Minute).Unix()}
		cores := float64(random.IntN(4000)) / 1000
		for i, m := range wire.Totals() {
			v := float64(1)
			switch i {
			case wire.IntervalSeconds:
				v = 60
			case wire.CPUUsedCores:
				v = cores
			}
			e.Add([]wire.Label{{Name: wire.LabelName, Value: m.FullName()}, {Name: wire.LabelHost, Value: id.host}}, wire.Sample{Milliseconds: id.at * 1000, Value: v})
		}
		body := e.Bytes()
		for ctx.Err() == nil {
			if err := l.post(ctx, body); err == nil {
				l.mu.Lock()
				l.acked[id] = cores
				l.mu.Unlock()
				break
			}
			l.failed.Add(1)
			pause := time.NewTimer(50 * time.Millisecond)
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		}
	}
}

func (l *load) post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url+wire.PathWrite, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+l.token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return errors.New(answer.Status)
	}
	return nil
}

// waitForAgent waits until the agent has reported after the last fault.
func waitForAgent(t *testing.T, url, config string) {
	t.Helper()
	since := time.Now()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for time.Since(since) < 90*time.Second {
		<-tick.C
		var s struct {
			Hosts []struct {
				Host       string    `json:"host"`
				LastReport time.Time `json:"last_report"`
			} `json:"hosts"`
		}
		decode(t, output(t, "yunjian-collector", "status", "--json", "--config", config), &s)
		for _, h := range s.Hosts {
			if h.Host == "agent-host" && h.LastReport.After(since) {
				return
			}
		}
	}
	t.Errorf("the agent did not report again within 90 s of the last fault at %s", url)
}

// checkStored opens the database and compares it with what was acknowledged.
func checkStored(t *testing.T, dir string, l *load) {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Config{
		Dir: filepath.Join(dir, "data", "engine"), Command: []string{filepath.Join(binaries, "yunjian-collector"), "engine"}, Wait: 15 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := store.Open(t.Context(), store.Options{Dial: e.DialContext})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stored := map[rowID]float64{}
	twice := 0
	err = s.Each(t.Context(), `SELECT host_id, toInt64(toUnixTimestamp(ts)), cpu_used_millicores FROM usage FINAL
		INNER JOIN (SELECT DISTINCT host, host_id FROM hosts) AS h USING host`, nil, func(scan func(...any) error) error {
		var id rowID
		var millicores int32
		if err := scan(&id.host, &id.at, &millicores); err != nil {
			return err
		}
		if _, seen := stored[id]; seen {
			twice++
		}
		stored[id] = float64(millicores) / 1000
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lost, wrong := 0, 0
	for id, cores := range l.acked {
		got, ok := stored[id]
		if !ok {
			lost++
		} else if got != cores {
			wrong++
		}
	}
	if lost > 0 || wrong > 0 || twice > 0 {
		t.Errorf("of %d acknowledged rows %d are lost, %d differ; %d rows are there twice", len(l.acked), lost, wrong, twice)
	}
	checkDerived(t, s)
}

// checkDerived derives what is pending and compares every bucket with its raw rows.
func checkDerived(t *testing.T, s *store.Store) {
	t.Helper()
	if _, err := s.Derive(t.Context(), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	var raw, derived, differ uint64
	err := s.Each(t.Context(), `SELECT sum(r.n), sum(d.raw_rows), countIf(r.n != d.raw_rows)
		FROM (SELECT host, toStartOfFiveMinutes(ts) AS bucket, count() AS n FROM usage FINAL GROUP BY host, bucket) AS r
		LEFT JOIN (SELECT host, bucket, raw_rows FROM usage_5m FINAL) AS d ON d.host = r.host AND d.bucket = r.bucket`, nil,
		func(scan func(...any) error) error { return scan(&raw, &derived, &differ) })
	if err != nil {
		t.Fatal(err)
	}
	if differ > 0 || raw != derived || raw == 0 {
		t.Errorf("%d raw rows, %d derived, %d buckets differ", raw, derived, differ)
	}
	t.Logf("%d raw rows stored and derived", raw)
}
