package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Both kinds of a judged month, whole and for one unit, the same bytes each time, beside
// each other in one folder.
func TestReportKinds(t *testing.T) {
	d := newDesk(t)
	d.run(t, 0, "inventory", "import", d.write(t, "a.csv", "provider_id,provider_name\np,P\n"), d.write(t, "b.csv", "unit_code,unit_name\nN-1,U\n"),
		d.write(t, "c.csv", "platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n"))
	d.run(t, 0, "judge", "--month", "2026-09")
	out := filepath.Join(d.dir, "reports")
	write := func() map[string]string {
		t.Helper()
		args := []string{"report", "--month", "2026-09", "--provider", "p", "--out", out, "--formats", "html,xlsx"}
		d.run(t, 0, args...)
		d.run(t, 0, append(args, "--kind", "security")...)
		d.run(t, 0, append(args, "--kind", "security", "--unit", "N-1")...)
		files := map[string]string{}
		entries, err := os.ReadDir(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			data, err := os.ReadFile(filepath.Join(out, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			files[e.Name()] = string(data)
		}
		return files
	}
	first := write()
	if diff := cmp.Diff(first, write()); diff != "" {
		t.Error("the second run differs")
	}
	for _, name := range []string{
		"p-202609-usage-v1", "p-202609-security-operation-v1", "p-202609-security-operation-N-1-v1", "p-202609-security-situation-v1", "p-202609-security-situation-N-1-v1",
	} {
		for _, ending := range []string{".html", ".xlsx", ".manifest.json"} {
			if first[name+ending] == "" {
				t.Errorf("there is no %s", name+ending)
			}
		}
	}
	if manifest := first["p-202609-security-operation-N-1-v1.manifest.json"]; len(first) != 15 || !strings.Contains(manifest, `"unit": "N-1"`) {
		t.Errorf("%d files; manifest %s", len(first), manifest)
	}
	// One of the two by its name, and both in one where the configuration wants it so.
	command := []string{"report", "--month", "2026-09", "--provider", "p", "--out", out + "-2", "--formats", "html"}
	d.run(t, 0, append(command, "--kind", "security-situation")...)
	d.write(t, "collector.yaml", "data_dir: data\nlog_level: error\nproviders: [{id: p, secret_file: secret}]\nreports: {security: bound, issuer: {type: secops_agency, name: A}}\n")
	d.run(t, 0, append(command, "--kind", "security")...)
	var names []string
	entries, err := os.ReadDir(out + "-2")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := strings.Fields("p-202609-security-situation-v1.html p-202609-security-situation-v1.manifest.json p-202609-security-v1.html p-202609-security-v1.manifest.json")
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if manifest, err := os.ReadFile(filepath.Join(out+"-2", want[3])); err != nil || !strings.Contains(string(manifest), `"type": "secops_agency"`) {
		t.Errorf("the manifest does not name the agency: %s, %v", manifest, err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--kind", "weather"}, "there is no kind of report"},
		{[]string{"--unit", "N-1", "--kind", "ledger"}, "--unit is not for"},
		{[]string{"--kind", "security", "--unit", "N-9"}, "no using unit"},
	} {
		args := append([]string{"report", "--month", "2026-09", "--provider", "p", "--out", out}, c.args...)
		if _, err := d.run(t, 1, args...); !strings.Contains(err, c.want) {
			t.Errorf("%v: %q; want %q", c.args, err, c.want)
		}
	}
}
