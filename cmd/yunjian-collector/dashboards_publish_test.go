package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/dashboards"
	"github.com/yunjian-io/yunjian/internal/grafanatest"
)

// TestDashboardsPublish runs the command against a server: dry, in earnest, again, and after
// a person has changed something.
func TestDashboardsPublish(t *testing.T) {
	s := grafanatest.Start(t)
	dir := t.TempDir()
	for name, content := range map[string]string{"token": grafanatest.Admin + "\n", "password": "secret\n", "empty": "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	publish := func(status int, args ...string) string {
		t.Helper()
		var out, errOut bytes.Buffer
		args = append([]string{"dashboards", "publish", "--grafana", s.URL, "--token-file", filepath.Join(dir, "token")}, args...)
		if got := run(args, strings.NewReader(""), &out, &errOut); got != status {
			t.Fatalf("%v: status %d; want %d\n%s%s", args, got, status, out.String(), errOut.String())
		}
		return out.String() + errOut.String()
	}
	source := []string{"--endpoint", "http://127.0.0.1:8123", "--password-file", filepath.Join(dir, "password")}
	says := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("it says\n%s\nwant %q", got, want)
		}
	}

	got := publish(2, append(source, "--dry-run")...)
	says(got, "created    folder       yunjian  云鉴: it is not there\n")
	says(got, "a dry run: nothing was written\n")
	if wrote := s.Writes(); len(wrote) > 0 {
		t.Fatalf("a dry run wrote %q", wrote)
	}
	got = publish(0, source...)
	says(got, "created    data-source  yunjian-clickhouse  云鉴 ClickHouse: it is not there")
	says(got, "Grafana reaches the data source: Data source is working\n")
	s.Writes()
	says(publish(0, source...), "Grafana 12.2.0: 0 created, 0 updated, 0 deleted, ")
	says(publish(0, append(source, "--dry-run")...), "a dry run")
	if wrote := s.Writes(); len(wrote) > 0 {
		t.Fatalf("the second run wrote %q", wrote)
	}

	s.EditSource(dashboards.DataSourceUID, func(source grafanatest.Object) { source["jsonData"].(map[string]any)["username"] = "root" })
	says(publish(1, source...), "refused    data-source  yunjian-clickhouse  云鉴 ClickHouse: a person changed it\n    username: \"root\" → \"grafana\"\n")
	var report dashboards.Report
	if err := json.Unmarshal([]byte(publish(0, append(source, "--overwrite", "--json")...)), &report); err != nil {
		t.Fatal(err)
	}
	if report.Count(dashboards.Updated) != 1 || !report.Healthy || report.GrafanaVersion != "12.2.0" {
		t.Errorf("report = %+v", report)
	}

	says(publish(1, "--password-file", filepath.Join(dir, "password")), "belong to --endpoint")
	says(publish(1, "--token-file", filepath.Join(dir, "empty")), "must hold one line")
	says(publish(1, "--grafana", "http://grafana.example.cn"), "over plain http the token could be read on the way")
	says(publish(1, "--endpoint", "tcp://127.0.0.1:9000"), `endpoint "tcp://127.0.0.1:9000": want http(s)://`)
}

// TestPrintChange: long differences are cut.
func TestPrintChange(t *testing.T) {
	c := dashboards.Change{Kind: dashboards.KindRule, UID: "u", Title: "T", Action: dashboards.Updated, Diff: make([]dashboards.Difference, 22)}
	var out bytes.Buffer
	printChange(&out, c)
	if got := strings.Count(out.String(), "\n"); got != 22 || !strings.HasSuffix(out.String(), "… and 2 more (--json has all)\n") {
		t.Errorf("%d lines:\n%s", got, out.String())
	}
}
