package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/dashboards"
)

func TestDashboardsExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "grafana")
	code, out, errOut := command(t, "dashboards", "export", "--dir", dir, "--host", "door.example", "--port", "9921", "--tls", "--json")
	if code != 0 {
		t.Fatal(errOut)
	}
	var got struct {
		Files []string `json:"files"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	all, err := dashboards.Dashboards()
	if err != nil {
		t.Fatal(err)
	}
	if want := len(all) + 3; len(got.Files) != want {
		t.Errorf("%d files; want %d", len(got.Files), want)
	}
	source, err := os.ReadFile(filepath.Join(dir, "provisioning", "datasources", "yunjian.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"host: door.example", "port: 9921", "secure: true", "password: $YUNJIAN_GRAFANA_PASSWORD"} {
		if !strings.Contains(string(source), want) {
			t.Errorf("the data source lacks %q:\n%s", want, source)
		}
	}
	code, plain, errOut := command(t, "dashboards", "export", "--dir", dir)
	if diff := cmp.Diff(strings.Join(got.Files, "\n")+"\n", plain); code != 0 || diff != "" {
		t.Errorf("code %d, %q (-want +got):\n%s", code, errOut, diff)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := command(t, "dashboards", "export", "--dir", file); code != 1 || !strings.Contains(errOut, "make folder") {
		t.Errorf("a file for a folder: code %d, %q", code, errOut)
	}
	if code, _, errOut := command(t, "dashboards", "export"); code != 1 || !strings.Contains(errOut, "dir") {
		t.Errorf("no folder: code %d, %q", code, errOut)
	}
}
