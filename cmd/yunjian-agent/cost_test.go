package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkAgent measures the real agent with its default intervals, TLS and
// spool for two minutes after one of warming up:
//
//	go test -run xxx -bench Agent -benchtime 1x -timeout 10m ./cmd/yunjian-agent
//
// With YUNJIAN_NODE_EXPORTER set to the path of a prometheus-node-exporter, it
// measures that one too, scraped four times a minute.
func BenchmarkAgent(b *testing.B) {
	b.Run("yunjian", func(b *testing.B) {
		for b.Loop() {
			dir := b.TempDir()
			rows := make(chan time.Time, 100)
			server := received(b, rows)
			defer server.Close()
			binary := filepath.Join(dir, "yunjian-agent")
			build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				b.Fatalf("build: %v\n%s", err, out)
			}
			ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
			for name, text := range map[string]string{
				"ca.pem": string(ca), "token": "secret",
				"agent.yaml": fmt.Sprintf("collector_url: %s\ntoken_file: token\nca_file: ca.pem\nspool_dir: spool\nlisten: \"off\"\n", server.URL),
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			cmd := exec.CommandContext(b.Context(), binary, "run", "--config", "agent.yaml")
			cmd.Dir = dir
			cost(b, cmd, func(time.Time) {
				if len(rows) == 0 {
					b.Error("no report arrived")
				}
			})
		}
	})
	exporter := os.Getenv("YUNJIAN_NODE_EXPORTER")
	if exporter == "" {
		return
	}
	b.Run("node_exporter", func(b *testing.B) {
		for b.Loop() {
			l := "127.0.0.1:19100"
			cost(b, exec.CommandContext(b.Context(), exporter, "--web.listen-address="+l), func(end time.Time) {
				tick := time.NewTicker(15 * time.Second)
				defer tick.Stop()
				for now := time.Now(); now.Before(end); now = <-tick.C {
					get(b, "http://"+l+"/metrics")
				}
			})
		}
	})
}

func get(b *testing.B, url string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	var page bytes.Buffer
	if _, err := page.ReadFrom(answer.Body); err != nil || page.Len() == 0 {
		b.Fatal("empty page", err)
	}
}

// cost runs a command and reports its CPU time a minute and its memory. during
// is called with the end of the measured time.
func cost(b *testing.B, cmd *exec.Cmd, during func(end time.Time)) {
	b.Helper()
	const warm, measured = time.Minute, 2 * time.Minute
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), warm)
	defer cancel()
	<-ctx.Done()
	end := time.Now().Add(measured)
	before := cpuTime(b, cmd.Process.Pid)
	during(end)
	wait, cancel := context.WithDeadline(b.Context(), end)
	defer cancel()
	<-wait.Done()
	used := cpuTime(b, cmd.Process.Pid) - before
	b.ReportMetric(used.Seconds()*1000/measured.Minutes(), "cpu-ms/min")
	for _, line := range []struct{ key, unit string }{{"VmRSS", "rss-MB"}, {"RssAnon", "anonymous-MB"}} {
		b.ReportMetric(status(b, cmd.Process.Pid, line.key)/1024, line.unit)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Error(err)
	}
	_ = cmd.Wait() // node_exporter ends by the signal
}

// cpuTime sums what the scheduler gave to the threads of a process.
func cpuTime(b *testing.B, pid int) (sum time.Duration) {
	b.Helper()
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(names) == 0 {
		b.Fatal("no thread to measure", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // a thread that ended
		}
		first, _, _ := strings.Cut(string(data), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(ns)
	}
	return sum
}

// status returns a line of /proc/PID/status in KiB.
func status(b *testing.B, pid int, key string) float64 {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kib
		}
	}
	b.Fatalf("/proc/%d/status has no %s", pid, key)
	return 0
}
