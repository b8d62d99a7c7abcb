package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// TestNoticeCommand: a fleet that idles for three months is judged, and the command writes a
// notice for the unit and the summary for the office, each with its manifest; again with the
// same bytes.
func TestNoticeCommand(t *testing.T) {
	d := newDesk(t)
	now := time.Now()
	month := calendar.DateOf(now.In(store.Zone())).CalendarMonth().Prev()
	for i, f := range []struct{ name, text string }{
		{"providers.csv", "provider_id,provider_name\np,P\n"},
		{"platforms.csv", "platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n"},
		{"units.csv", "unit_code,unit_name\nN-1,U\n"},
		{"systems.csv", "system_id,system_name,unit_code,platform_id,cutover_date,status\ns,S,N-1,c,2020-01-01,running\n"},
		{"hosts.csv", "host_id,system_id,platform_id,provider_id,vcpu,memory_gib,effective_from,state,owner\na,s,c,p,8,16,2020-01-01,in_service,unit\n"},
	} {
		done, err := collector.ImportInventory(t.Context(), d.db.Store, collector.InventoryFile{Name: f.name, Data: []byte(f.text)}, now.Add(time.Duration(i)*time.Microsecond))
		if err != nil || len(done.Problems) > 0 {
			t.Fatal(err, done.Problems)
		}
	}
	var rows wire.Rows
	for at, end := month.Add(-2).Start(store.Zone()), month.End(store.Zone()); at.Before(end); at = at.Add(5 * time.Minute) {
		row := wire.UsageRow{Host: wire.HostKey("p", "a"), TS: at.Unix()}
		for n, m := range wire.Totals() {
			row.Values[n] = m.Missing
		}
		row.Values[wire.IntervalSeconds], row.Values[wire.CPUUsedCores], row.Values[wire.MemoryUsedBytes] = 300, 800, 2048
		rows.Usage = append(rows.Usage, row)
	}
	if err := d.db.Commit(t.Context(), &rows, now); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Derive(t.Context(), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	d.run(t, 0, "judge", "--month", month.String())
	dir := filepath.Join(d.dir, "out")
	args := []string{"report", "--kind", "notice", "--month", month.String(), "--provider", "p", "--out", dir}
	text := []string{"--formats", "html,xlsx"}
	d.run(t, 0, append(args, text...)...)
	files := func() map[string]string {
		t.Helper()
		out := map[string]string{}
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[filepath.Base(name)] = string(data)
		}
		return out
	}
	first := files()
	stem := strings.ReplaceAll("p-"+month.String(), month.String(), strings.ReplaceAll(month.String(), "-", ""))
	for _, name := range []string{"-notice-v1.html", "-notice-v1.xlsx", "-notice-v1.manifest.json", "-notice-N-1-v1.html", "-notice-N-1-v1.xlsx", "-notice-N-1-v1.manifest.json"} {
		if first[stem+name] == "" {
			t.Errorf("%s is not there", stem+name)
		}
	}
	var m report.Manifest
	if err := json.Unmarshal([]byte(first[stem+"-notice-N-1-v1.manifest.json"]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Kind != report.KindNotice || m.Unit != "N-1" || len(m.Files) != 2 || m.Files[0].SHA256 != report.NewFile("", []byte(first[m.Files[0].Name])).SHA256 {
		t.Errorf("manifest %+v", m)
	}
	out, _ := d.run(t, 0, append(append(args, text...), "--unit", "N-1", "--json")...)
	var one []struct {
		Month report.Notice `json:"month"`
		Files []report.File `json:"files"`
	}
	if err := json.Unmarshal([]byte(out), &one); err != nil || len(one) != 1 || len(one[0].Files) != 2 || one[0].Month.Systems[0].ID != "s" {
		t.Errorf("--json prints %v: %.300s", err, out)
	}
	if diff := cmp.Diff(first, files()); diff != "" {
		t.Error("the second time the files differ")
	}
	for _, tt := range []struct{ says, args string }{
		{`no kind of report "x": want one of ledger, notice`, "--kind x"},
		{"they concern N-1", "--unit N-2"},
		{"--as-of", "--as-of soon"},
		{"before the month was judged", "--as-of 2020-01-01"},
		{"--unit is not for --kind ledger", "--kind ledger --unit N-1"},
	} {
		if _, errOut := d.run(t, 1, append(args, strings.Fields(tt.args)...)...); !strings.Contains(errOut, tt.says) {
			t.Errorf("%s says %q; want %q", tt.args, errOut, tt.says)
		}
	}
}
