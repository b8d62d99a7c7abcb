package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// memorySection lets all hosts report over connections of their own, spread over
// the minute as in life: over TLS to our collector, plain to VictoriaMetrics.
func memorySection(ctx context.Context, b *bench) error {
	hosts, minutes, pace := min(b.hosts, 9500), 3, 50*time.Second
	if b.quick {
		hosts, minutes, pace = min(hosts, 2000), 2, 10*time.Second
	}
	// Each process may open only so many files, and this one has two connections a host.
	f := newFleet(hosts, "m")
	bodies := f.bodies(minutes, time.Now().Truncate(time.Minute).Unix(), true)
	ours, err := b.startCollector(ctx, collectorOptions{secure: true})
	if err != nil {
		return err
	}
	defer ours.remove()
	peer, err := b.startVictoria(ctx)
	if err != nil {
		return err
	}
	defer peer.remove()
	var both errgroup.Group
	for _, r := range []*receiver{ours, peer} {
		load, err := r.load(f)
		if err != nil {
			return err
		}
		defer load.close()
		both.Go(func() error {
			if _, err := load.send(ctx, bodies, pace); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			return nil
		})
	}
	if err := both.Wait(); err != nil {
		return err
	}
	ours.settle(ctx, 20*time.Second)
	engine := ours.peakMemory() - kib(fmt.Sprintf("/proc/%d/status", ours.pid()), "VmHWM")*1024/1e6
	met := b.most(fmt.Sprintf("peak memory, %d hosts over TLS", hosts), "MB", ours.peakMemory(), 700,
		fmt.Sprintf("VictoriaMetrics %s, plain", number(peer.peakMemory())))
	b.most("  of it the engine", "MB", engine, 0, "")
	if !met || b.quick {
		text, err := goMemory(ctx, ours)
		if err != nil {
			return err
		}
		b.note("the collector's part is %s MB (%s KB a connection); its Go memory in the end: %s", number(ours.peakMemory()-engine), number((ours.peakMemory()-engine)*1000/float64(hosts)), text)
	}
	return nil
}

// goMemory is what the collector's own page says of its memory, in MB.
func goMemory(ctx context.Context, r *receiver) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+r.address+"/metrics", http.NoBody)
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: r.secure}}
	answer, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("read metrics: %w", err)
	}
	defer answer.Body.Close()
	var parts []string
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		value, err := strconv.ParseFloat(text, 64)
		if rest, ok := strings.CutPrefix(name, "go_memstats_"); ok && err == nil && strings.HasSuffix(name, "_bytes") && value > 1e6 {
			parts = append(parts, strings.TrimSuffix(rest, "_bytes")+" "+number(value/1e6))
		}
	}
	return strings.Join(parts, ", "), nil
}
