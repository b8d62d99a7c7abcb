package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/internal/peers"
)

// peer returns the path of a program of a Debian package. Without apt it skips
// the test, and fails it in CI.
func peer(t *testing.T, pkg, program string) string {
	t.Helper()
	path, err := peers.Binary(t.Context(), pkg, program)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// TestPrometheus lets Debian's Prometheus scrape our agent and Debian's
// node_exporter and write both to the collector: its series reach table samples,
// and the agent's own page is one that Prometheus can read.
func TestPrometheus(t *testing.T) {
	needEngine(t)
	prometheus := peer(t, "prometheus", "usr/bin/prometheus")
	exporter := peer(t, "prometheus-node-exporter", "usr/bin/prometheus-node-exporter")
	dir := t.TempDir()
	ports := map[string]string{}
	for _, name := range []string{"collector", "agent", "exporter", "prometheus"} {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		ports[name] = "127.0.0.1:" + port
	}
	write(t, dir, "demo.secret", strings.Repeat("s", 40))
	config := write(t, dir, "collector.yaml", fmt.Sprintf(
		"data_dir: data\nlisten: %s\ngroup_commit: 100ms\nproviders:\n  - {id: demo, secret_file: demo.secret}\n", ports["collector"]))
	inventory := map[string]string{
		"providers.csv": "provider_id,provider_name\ndemo,p\n", "units.csv": "unit_code,unit_name\nN-1,u\n",
		"platforms.csv": "platform_id,platform_name,platform_kind,provider_id\nc,c,provider,demo\n",
		"systems.csv":   "system_id,system_name,unit_code,platform_id,status\ns,s,N-1,c,running\n",
		"hosts.csv": "host_id,system_id,platform_id,provider_id,vcpu,memory_gib,effective_from,state,owner,instance\n" +
			"i-exporter,s,c,demo,2,4,2026-01-01,in_service,unit," + ports["exporter"] + "\n",
	}
	for _, name := range []string{"providers.csv", "platforms.csv", "units.csv", "systems.csv", "hosts.csv"} {
		output(t, "yunjian-collector", "inventory", "import", write(t, dir, name, inventory[name]), "--config", config)
	}
	start(t, "collector.log", "yunjian-collector", "serve", "--config", config)
	if err := untilOK(t.Context(), "http://"+ports["collector"]+"/healthz"); err != nil {
		t.Fatal(err)
	}
	token := output(t, "yunjian-collector", "token", "--provider", "demo", "--config", config)
	tokenFile := write(t, dir, "token", strings.TrimSpace(token))
	start(t, "agent.log", "yunjian-agent", "run", "--config", write(t, dir, "agent.yaml", fmt.Sprintf(
		"listen: %s\nspool_dir: %s\nlook_interval: 1s\nreport_interval: 1s\n", ports["agent"], mkdir(t, dir, "spool"))))
	start(t, "exporter.log", exporter, "--web.listen-address="+ports["exporter"])
	start(t, "prometheus.log", prometheus, "--web.listen-address="+ports["prometheus"], "--storage.tsdb.path="+filepath.Join(dir, "tsdb"),
		"--config.file="+write(t, dir, "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: yunjian
    static_configs: [{targets: ['%s']}]
  - job_name: node
    static_configs: [{targets: ['%s']}]
remote_write:
  - url: http://%s/api/v1/write
    authorization: {credentials_file: %s}
`, ports["agent"], ports["exporter"], ports["collector"], tokenFile)))

	// Aliased by the inventory: the exporter's instance stands for i-exporter.
	want := map[string]bool{"i-exporter": false, ports["agent"]: false}
	var s struct {
		Hosts []struct {
			Host        string
			InInventory bool `json:"in_inventory"`
		}
		Tables []struct {
			Name string
			Rows int
		}
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	samples := 0
	for begin := time.Now(); time.Since(begin) < time.Minute && (samples < 2000 || !want["i-exporter"] || !want[ports["agent"]]); <-tick.C {
		s.Hosts, s.Tables = nil, nil
		decode(t, output(t, "yunjian-collector", "status", "--json", "--config", config), &s)
		for _, h := range s.Hosts {
			if _, ok := want[h.Host]; ok {
				want[h.Host] = true
				if h.InInventory != (h.Host == "i-exporter") {
					t.Fatalf("host %s in inventory: %v", h.Host, h.InInventory)
				}
			}
		}
		for _, table := range s.Tables {
			switch table.Name {
			case "samples":
				samples = table.Rows
			case "usage":
				t.Fatal("scraped series became rows of usage: only a complete report of one request may")
			}
		}
	}
	if samples < 2000 || !want["i-exporter"] || !want[ports["agent"]] {
		t.Errorf("%d samples, hosts seen %v; want both and at least 2000", samples, want)
	}
}
