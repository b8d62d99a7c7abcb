package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/store"
)

// TestProfiles: a profile has the figures by which its system is judged, its peak stands at
// the instant of the series that reached it, and its network is the sum over its hosts.
func TestProfiles(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	fleet := testFleet()
	store2days(t, s, fleet, start, now)
	ask := store.Span{From: start, To: start.AddDate(0, 0, 2), Workdays: []string{start.Format(time.DateOnly)}}
	facts, err := s.SystemFacts(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	covered, err := s.Coverage(t.Context(), ask, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*store.Profile{}
	err = s.EachProfile(t.Context(), ask, []string{"A", "C", "nobody"}, 0.9, func(p *store.Profile) error {
		got[p.System] = p
		return nil
	})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d profiles, %v; want those of A and C", len(got), err)
	}
	a, f := got["A"], facts["A"]
	figures := []float64{a.CPU.Mean, a.CPU.P95, a.CPU.Max, *a.CPU.WorkP95, a.Memory.Mean, a.Memory.P95, a.Memory.Max, *a.Memory.WorkP95}
	want := []float64{f["cpu_avg"], f["cpu_p95"], f["cpu_max"], f["cpu_p95_working_hours"], f["memory_avg"], f["memory_p95"], f["memory_max"], f["memory_p95_working_hours"]}
	if diff := cmp.Diff(want, figures); diff != "" {
		t.Errorf("A (-judged +profile):\n%s", diff)
	}
	if diff := cmp.Diff(*covered["A"], a.Coverage); diff != "" {
		t.Errorf("coverage of A (-judged +profile):\n%s", diff)
	}
	var cpu []float64 // by definition; -1 where the instant does not count
	for b := range buckets2d {
		used, of, all := 0, 0, 0
		for _, h := range fleet {
			for _, sp := range h.spans {
				if sp.system != "A" || b < sp.from || b >= sp.to {
					continue
				}
				all += sp.vcpu
				if h.cpu[b] != -1 {
					used, of = used+max(0, h.cpu[b]), of+sp.vcpu
				}
			}
		}
		cpu = append(cpu, -1)
		if of > 0 && of*10 >= all*9 {
			cpu[b] = float64(used) / float64(of*1000)
		}
	}
	if at := start.Add(time.Duration(slices.Index(cpu, slices.Max(cpu))) * 5 * time.Minute); !a.CPU.MaxAt.Equal(at) {
		t.Errorf("the peak of A is at %s; want %s", a.CPU.MaxAt, at)
	}
	for i, d := range a.Days {
		known := slices.DeleteFunc(slices.Clone(cpu[i*288:(i+1)*288]), func(x float64) bool { return x < 0 })
		slices.Sort(known)
		if p := known[(95*len(known)+99)/100-1]; *d.CPU != p {
			t.Errorf("day %s: P95 %v; want %v", d.Day, *d.CPU, p)
		}
	}
	// a1 and a2 send 1,300 bytes each in five minutes, a3 the same until it leaves at 200. a1,
	// with 4 of 22 and later 4 of 12 vCPUs, is missing at times: those do not count.
	most := 3 * 1300 * 8 / 300.0 / 1e6
	if diff := cmp.Diff(most, a.Network.Max, cmpopts.EquateApprox(1e-12, 0)); diff != "" || !a.Network.MaxAt.Equal(start) {
		t.Errorf("network of A: %+v", a.Network)
	}
	var hosts []string
	for _, h := range a.Hosts {
		hosts = append(hosts, h.HostID)
	}
	if diff := cmp.Diff([]string{"a1", "a2"}, hosts); diff != "" {
		t.Errorf("hosts of A at the end: %s", diff)
	}
	if a.Storage != nil {
		t.Errorf("storage of A: %+v; nobody told it", a.Storage)
	}
	if c := got["C"]; c.CPU != nil || c.Memory != nil || c.Network != nil || c.Days[0].CPU != nil || len(c.Hosts) != 1 {
		t.Errorf("C, whose host is silent: %+v", c)
	}
}
