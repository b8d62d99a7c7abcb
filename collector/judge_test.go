package collector_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// judgedFleet imports three hosts of one system and lets them idle through last
// month: one fully, one that is exempted, and one of which a third is missing.
func judgedFleet(t *testing.T, db *store.Store, now time.Time) calendar.Month {
	t.Helper()
	month := calendar.DateOf(now.In(store.Zone())).CalendarMonth().Prev()
	for _, f := range []collector.InventoryFile{
		{Name: "providers.csv", Data: []byte("provider_id,provider_name\np,P\n")},
		{Name: "platforms.csv", Data: []byte("platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n")},
		{Name: "units.csv", Data: []byte("unit_code,unit_name\nN-1,U\n")},
		{Name: "systems.csv", Data: []byte("system_id,system_name,unit_code,platform_id,cutover_date,status\ns,S,N-1,c,2020-01-01,running\n")},
		{Name: "hosts.csv", Data: []byte("host_id,system_id,platform_id,provider_id,vcpu,memory_gib,effective_from,state,owner\n" +
			"idle,s,c,p,4,8,2020-01-01,in_service,unit\nexempt,s,c,p,4,8,2020-01-01,in_service,unit\nholes,s,c,p,4,8,2020-01-01,in_service,unit\n")},
		{Name: "exemptions.csv", Kind: "exemptions", Data: []byte("subject_kind,subject,kind,reason,approver,expires\nhost,exempt,standby,备机,办公室," + month.Last().String() + "\n")},
	} {
		done, err := collector.ImportInventory(t.Context(), db, f, now)
		if err != nil || len(done.Problems) > 0 {
			t.Fatalf("%s: %v %v", f.Name, done.Problems, err)
		}
		now = now.Add(time.Microsecond) // imports are numbered by time
	}
	var rows wire.Rows
	for _, id := range []string{"idle", "exempt", "holes"} {
		for at := month.Start(store.Zone()); at.Before(month.End(store.Zone())); at = at.Add(5 * time.Minute) {
			if id == "holes" && at.Hour() < 8 {
				continue
			}
			row := wire.UsageRow{Host: wire.HostKey("p", id), TS: at.Unix()}
			for i, m := range wire.Totals() {
				row.Values[i] = m.Missing
			}
			row.Values[wire.IntervalSeconds], row.Values[wire.CPUUsedCores], row.Values[wire.MemoryUsedBytes] = 300, 40, 512
			row.Values[wire.NetworkReceiveBytes], row.Values[wire.NetworkTransmitBytes] = 1000, 1000
			rows.Usage = append(rows.Usage, row)
		}
	}
	if err := db.Commit(t.Context(), &rows, now); err != nil {
		t.Fatal(err)
	}
	return month
}

func TestJudge(t *testing.T) {
	db := rig.Open(t)
	now := time.Now()
	month := judgedFleet(t, db, now)
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	judged := func(now time.Time) map[string][2]string {
		t.Helper()
		j, err := collector.Judge(t.Context(), &collector.Database{Store: db}, pack, collector.LogRules{}, month, now, "test", func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		run, ok, err := db.LastRun(t.Context(), month)
		if err != nil || !ok || run.Run != j.Run.Run || run.Open {
			t.Fatalf("LastRun() = %+v, %v, %v; want the run %d, closed", run, ok, err, j.Run.Run)
		}
		stored, err := db.Findings(t.Context(), run)
		if err != nil || len(stored) != int(j.Run.Findings) {
			t.Fatalf("%d findings stored of %d, %v", len(stored), j.Run.Findings, err)
		}
		got := map[string][2]string{}
		for _, f := range stored {
			got[f.RuleID+" "+f.Subject.ID] = [2]string{string(f.Verdict), f.State}
		}
		return got
	}
	want := map[string][2]string{
		"idle-host p/idle":              {"fail", "judged"},
		"idle-host p/exempt":            {"pass", "exempted"},
		"idle-host p/holes":             {"unknown", "data_insufficient"},
		"low-utilization s":             {"unknown", "data_insufficient"}, // a host misses a third of the month
		"low-utilization-host p/idle":   {"unknown", "candidate"},         // nothing is known of the months before
		"low-utilization-host p/exempt": {"unknown", "candidate"},
		"low-utilization-host p/holes":  {"unknown", "data_insufficient"},
		// No host tells its storage, so that it might be about to fill.
		"high-load s":                  {"unknown", "data_insufficient"},
		"high-load-host p/idle":        {"unknown", "not_provided"},
		"high-load-host p/exempt":      {"unknown", "not_provided"},
		"high-load-host p/holes":       {"unknown", "data_insufficient"},
		"powered-off-host p/idle":      {"pass", "observing"},
		"powered-off-host p/exempt":    {"pass", "observing"},
		"powered-off-host p/holes":     {"pass", "observing"},
		"never-deployed-host p/idle":   {"pass", "observing"},
		"never-deployed-host p/exempt": {"pass", "observing"},
		"never-deployed-host p/holes":  {"pass", "observing"},
	}
	first := judged(now)
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first, judged(now.Add(time.Hour))); diff != "" {
		t.Errorf("judging again differs: %s", diff)
	}
	if _, err := collector.Judge(t.Context(), &collector.Database{Store: db}, pack, collector.LogRules{}, month.Add(5), now, "test", func(string) {}); err == nil {
		t.Error("a month that has not begun was judged")
	}
}

// When storing fails, reading is called off; only the failure is told.
func TestRealErrors(t *testing.T) {
	off := fmt.Errorf("read answer: %w", context.Canceled)
	full, bad := errors.New("disk full"), errors.New("bad slot")
	for _, test := range []struct {
		name string
		all  []error
		want string
	}{
		{"none", []error{nil, nil}, "<nil>"},
		{"storing alone", []error{full, off, context.Canceled}, "disk full"},
		{"two that failed", []error{full, nil, bad}, "disk full\nbad slot"},
		{"called off by a person", []error{nil, off, context.Canceled}, "read answer: context canceled"},
	} {
		if diff := cmp.Diff(test.want, fmt.Sprint(collector.RealErrors(test.all...))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
