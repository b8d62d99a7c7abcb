package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/yunjian-io/yunjian/internal/peers"
)

// guest is a program that lives on every host.
type guest struct {
	*process
	name   string
	binary string
	scrape string        // what is asked for, every so often
	every  time.Duration // 0: it reports by itself
	before time.Duration
	used   time.Duration // CPU in the measured time
}

// agentSection runs our agent beside node_exporter, at the same time and with
// nothing else busy but the collector that takes its reports over TLS.
func agentSection(ctx context.Context, b *bench) error {
	warm, measured := 70*time.Second, 3*time.Minute
	if b.quick {
		warm, measured = 10*time.Second, time.Minute
	}
	to, err := b.startCollector(ctx, collectorOptions{secure: true})
	if err != nil {
		return err
	}
	defer to.remove()
	guests, err := b.startGuests(ctx, to)
	for _, g := range guests {
		defer g.stop()
	}
	if err != nil {
		return err
	}
	busy := loadAverage()
	if err := watch(ctx, guests, warm); err != nil {
		return err
	}
	if err := measureGuests(ctx, guests, measured); err != nil {
		return err
	}
	if err := b.agentTable(ctx, guests, measured, to); err != nil {
		return err
	}
	b.note("load average %s before and %s after the %s", busy, loadAverage(), measured)
	if b.sockets > 0 {
		return b.withSockets(ctx, guests, measured)
	}
	return nil
}

// startGuests starts the agent with its defaults, and node_exporter twice.
func (b *bench) startGuests(ctx context.Context, to *receiver) (guests []*guest, err error) {
	const host = "bench-agent"
	dir := filepath.Join(b.dir, "agent")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	token, err := to.token(host)
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf("collector_url: https://%s\ntoken_file: token\nca_file: %s\nspool_dir: spool\nlisten: \"off\"\nhost_id: %s\n", to.address, filepath.Join(to.dir, "cert.pem"), host)
	for name, text := range map[string]string{"agent.yaml": config, "token": token} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write configuration: %w", err)
		}
	}
	agent := &guest{name: "agent", binary: filepath.Join(b.bin, "yunjian-agent")}
	if agent.process, err = b.start(ctx, "agent", dir, agent.binary, "run", "--config", "agent.yaml"); err != nil {
		return nil, err
	}
	guests = append(guests, agent)
	exporter, err := peers.Binary(ctx, "prometheus-node-exporter", "usr/bin/prometheus-node-exporter")
	if err != nil {
		return guests, err
	}
	for _, every := range []time.Duration{15 * time.Second, time.Minute} {
		address, err := freeAddress(ctx)
		if err != nil {
			return guests, err
		}
		g := &guest{name: fmt.Sprintf("node_exporter scraped every %.0f s", every.Seconds()), binary: exporter, every: every, scrape: "http://" + address + "/metrics"}
		if g.process, err = b.start(ctx, "exporter", b.dir, exporter, "--web.listen-address="+address, "--log.level=error"); err != nil {
			return guests, err
		}
		guests = append(guests, g)
		if err := g.ready(ctx, http.DefaultClient, g.scrape); err != nil {
			return guests, err
		}
	}
	return guests, nil
}

// watch scrapes what wants to be scraped for a time. All must live on.
func watch(ctx context.Context, guests []*guest, length time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var all sync.WaitGroup
	failed := make(chan error, len(guests))
	for _, g := range guests {
		all.Go(func() {
			for g.every > 0 {
				if ok, err := scrape(ctx, g.scrape); !ok && ctx.Err() == nil {
					failed <- fmt.Errorf("%s does not answer: %w", g.name, err)
					return
				}
				if until(ctx, time.Now().Add(g.every)) != nil {
					return
				}
			}
			select {
			case <-ctx.Done():
			case <-g.done:
				failed <- fmt.Errorf("%s ended: %s", g.name, g.tail())
			}
		})
	}
	all.Wait()
	close(failed)
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return <-failed
}

// scrape reads a whole page, since a page nobody reads is not finished.
func scrape(ctx context.Context, url string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err == nil, errors.Join(err, answer.Body.Close())
}

func measureGuests(ctx context.Context, guests []*guest, length time.Duration) (err error) {
	for _, g := range guests {
		if g.before, err = runTime(g.pid()); err != nil {
			return err
		}
	}
	if err := watch(ctx, guests, length); err != nil {
		return err
	}
	for _, g := range guests {
		now, err := runTime(g.pid())
		if err != nil {
			return err
		}
		g.used = now - g.before
	}
	return nil
}

// perMinute is the CPU of a guest in milliseconds a minute.
func (g *guest) perMinute(length time.Duration) float64 {
	return g.used.Seconds() * 1000 / length.Minutes()
}

// resident is the resident memory and what of it belongs to no file, in MB.
func (g *guest) resident() (all, anonymous float64) {
	file := fmt.Sprintf("/proc/%d/smaps_rollup", g.pid())
	return kib(file, "Rss") * 1024 / 1e6, kib(file, "Anonymous") * 1024 / 1e6
}

func (b *bench) agentTable(ctx context.Context, guests []*guest, measured time.Duration, to *receiver) error {
	agent := guests[0]
	size := func(name string) float64 {
		info, err := os.Stat(name)
		if err != nil {
			return 0
		}
		return float64(info.Size()) / 1e6
	}
	rss, anonymous := agent.resident()
	peerRSS, peerAnonymous := guests[1].resident()
	cpu := make([]string, 0, len(guests))
	for _, g := range guests[1:] {
		cpu = append(cpu, fmt.Sprintf("%s %s", g.name, number(g.perMinute(measured))))
	}
	b.most("agent binary", "MB", size(agent.binary), 14, "node_exporter "+number(size(guests[1].binary)))
	b.most("agent RSS", "MB", rss, 18, "node_exporter "+number(peerRSS))
	b.most("  of it anonymous", "MB", anonymous, 7, "node_exporter "+number(peerAnonymous))
	b.most("agent CPU a minute", "ms", agent.perMinute(measured), 5, strings.Join(cpu, "; "))
	body, err := agentBody(ctx, b, agent)
	if err != nil {
		return err
	}
	b.most("agent body of a report", "B", body, 1200, "")
	s, err := to.guest(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var rows uint64
	if err := ask(ctx, s, "SELECT count() FROM usage FINAL", &rows); err != nil {
		return err
	}
	if want := uint64(measured.Minutes()) - 1; rows < want { // the first whole minute may begin late
		return fmt.Errorf("the agent's reports became %d rows; want at least %d", rows, want)
	}
	return nil
}

// agentBody is the size of a request as the agent leaves it in its spool when
// the collector is away: the agent is stopped for a moment and sends nothing.
func agentBody(ctx context.Context, b *bench, agent *guest) (float64, error) {
	dir := filepath.Join(b.dir, "agent", "body")
	config := fmt.Sprintf("collector_url: http://127.0.0.1:1\nspool_dir: %s\nlisten: \"off\"\nhost_id: 3d1219c7c4c5404aaa1f6d2a48adfda4\nlook_interval: 1s\nreport_interval: 1s\n", dir)
	name := filepath.Join(b.dir, "agent", "body.yaml")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(name, []byte(config), 0o600)); err != nil {
		return 0, fmt.Errorf("write configuration: %w", err)
	}
	p, err := b.start(ctx, "body", dir, agent.binary, "run", "--config", name)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	for range 100 {
		if err := until(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return 0, err
		}
		var largest int64
		count := 0
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".batch") {
				return nil //nolint:nilerr // a batch may go while we look
			}
			if info, err := d.Info(); err == nil {
				largest, count = max(largest, info.Size()), count+1
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		if count >= 3 {
			return float64(largest), nil
		}
	}
	return 0, fmt.Errorf("the agent spooled nothing: %s", p.tail())
}

// withSockets measures again while the host has many open sockets.
func (b *bench) withSockets(ctx context.Context, guests []*guest, measured time.Duration) error {
	without := guests[0].perMinute(measured)
	release, err := openSockets(ctx, b.sockets)
	defer release()
	if err != nil {
		return err
	}
	b.say("agent: %s", strings.Join(socketCount(), " "))
	if err := watch(ctx, guests, 10*time.Second); err != nil {
		return err
	}
	if err := measureGuests(ctx, guests, measured); err != nil {
		return err
	}
	cpu := make([]string, 0, len(guests))
	for _, g := range guests[1:] {
		cpu = append(cpu, fmt.Sprintf("%s %s", g.name, number(g.perMinute(measured))))
	}
	b.most(fmt.Sprintf("agent CPU a minute with %s sockets", number(float64(b.sockets))), "ms", guests[0].perMinute(measured), 1.2*without, strings.Join(cpu, "; "))
	return nil
}

// openSockets opens pairs of connections on loopback. The other ends stay in the
// queues of their listeners, so that they need no file of this process.
func openSockets(ctx context.Context, n int) (release func(), err error) {
	const queue = 2000
	var open []io.Closer
	release = func() {
		for _, c := range open {
			_ = c.Close() // nothing is under way
		}
	}
	for len(open) < n/2 {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return release, fmt.Errorf("open sockets: %w", err)
		}
		open = append(open, l)
		for range min(queue, n/2-len(open)+1) {
			c, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
			if err != nil {
				return release, fmt.Errorf("open sockets: %w (ulimit -n must allow %d files)", err, n/2+100)
			}
			open = append(open, c)
		}
	}
	return release, nil
}

// socketCount is what the kernel says is open.
func socketCount() []string {
	text, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	return lines[:min(len(lines), 2)]
}
