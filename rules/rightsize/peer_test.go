package rightsize

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// randomHistory has days of demand with holes in it.
func randomHistory(r *rand.Rand, days int) *History {
	h := &History{From: calendar.Date{Year: 2026, Month: time.March, Day: 3}, Size: Size{VCPU: 8, MemoryMiB: 16384}}
	level := 4 * r.Float64()
	for range days * SlotsPerDay {
		cpu, memory := level*r.ExpFloat64()/4, 2000+8000*r.Float64()
		if r.IntN(20) == 0 {
			cpu = math.NaN()
		}
		if r.IntN(20) == 0 {
			memory = math.NaN()
		}
		h.CPU, h.Memory = append(h.CPU, cpu), append(h.Memory, memory)
	}
	return h
}

func TestPeerRank(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 3, 20, 100, 101, 1000} {
		for _, thousandths := range []int{1, 500, 900, 950, 990, 995, 1000} {
			values := make(peerValues, n)
			unit := make([]weighted, n)
			for i := range values {
				values[i] = float64(r.IntN(n)) // with repetitions
				unit[i] = weighted{values[i], 1}
			}
			sorted := slices.Sorted(slices.Values(values))
			want := sorted[int(math.Ceil(float64(thousandths*n)/1000))-1]
			if got := values.rank(thousandths); got != want {
				t.Errorf("rank %d of %d = %v; want %v", thousandths, n, got, want)
			}
			if got := weightedRank(unit, float64(thousandths)/1000); got != want {
				t.Errorf("weighted rank %d of %d = %v; want %v", thousandths, n, got, want)
			}
		}
	}
	if got := (peerValues{}).rank(950); !math.IsNaN(got) {
		t.Errorf("a percentile of nothing is %v; want NaN", got)
	}
	if got := weightedRank([]weighted{{3, 1}, {1, 8}, {2, 1}}, 0.85); got != 2 {
		t.Errorf("weighted rank = %v; want 2", got)
	}
}

func TestBucketEnd(t *testing.T) {
	for v := 0.001; v < 1000; v *= 1.3 {
		if end := bucketEnd(v, 0.01); end <= v || end > v*1.05+0.0101 {
			t.Errorf("the bucket of %v ends at %v", v, end)
		}
	}
}

// TestPeerNeeds states needs that can be told by hand.
func TestPeerNeeds(t *testing.T) {
	h := &History{From: calendar.Date{Year: 2026, Month: time.March, Day: 1}, Size: Size{VCPU: 8, MemoryMiB: 16384}}
	for day := range 40 {
		for range SlotsPerDay {
			cpu := 1.0
			if day < 10 { // before every window but those of 31 days and more
				cpu = 2
			}
			h.CPU, h.Memory = append(h.CPU, cpu), append(h.Memory, 4000)
		}
	}
	want := map[string]Need{
		"keep": {8, 16384}, "krr": {1, 4600}, "aws-default": {1.25, 5000}, "aws-32d": {2.5, 5000}, "aws-93d": {2.5, 5000},
		"aws-max-savings": {1, 4444.44}, "aws-balanced": {1.43, 5714.29}, "aws-max-performance": {1.43, 5714.29},
		"azure-non-user": {1.25, 5000}, "azure-user-facing": {2.5, 6666.67}, "azure-non-user-30d": {1.25, 5000}, "autopilot": {1.15, 4600},
		"turbonomic": {1.43, 4444.44}, "max-31d": {2, 4000}, "max-31d-x1.25": {2.5, 5000}, "max-all": {2, 4000}, "f10": {4, 8192},
	}
	round := func(x float64) float64 { return math.Round(100*x) / 100 }
	got := map[string]Need{}
	name := regexp.MustCompile(`^[a-z][a-z0-9.-]*$`)
	for _, p := range Peers() {
		if !name.MatchString(p.Name) || p.Title == "" {
			t.Errorf("%q, %q", p.Name, p.Title)
		}
		n, ok := p.Need(h)
		if !ok {
			t.Errorf("%s has no answer", p.Name)
		}
		if _, listed := want[p.Name]; listed {
			got[p.Name] = Need{round(n.CPU), round(n.Memory)}
			continue
		}
		// VPA: the end of the bucket, at most 5 % above, and its margin.
		if low, high := 1.15, 1.15*1.06*1.03; n.CPU < low || n.CPU > high || n.Memory < 4000*low || n.Memory > 4000*high {
			t.Errorf("%s = %+v; want within %v to %v of the demand", p.Name, n, low, high)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPeerProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		h := randomHistory(r, 8+r.IntN(60))
		needs := map[string]Need{}
		for _, p := range Peers() {
			n, ok := p.Need(h)
			if !ok || !(n.CPU > 0) || !(n.Memory > 0) {
				t.Fatalf("%s = %+v, %v", p.Name, n, ok)
			}
			needs[p.Name] = n
			if again, _ := p.Need(h); again != n {
				t.Errorf("%s gives %+v, then %+v", p.Name, n, again)
			}
			// Missing memory is no small memory, and nothing is no answer.
			blind := *h
			blind.Memory = slices.Repeat([]float64{math.NaN()}, len(h.Memory))
			if b, ok := p.Need(&blind); p.Name != "keep" && (!ok || !math.IsNaN(b.Memory) || b.CPU != n.CPU) {
				t.Errorf("%s without memory = %+v, %v; want the same CPU and no memory", p.Name, b, ok)
			}
			blind.CPU = blind.Memory
			if b, ok := p.Need(&blind); ok && p.Name != "keep" {
				t.Errorf("%s without values = %+v", p.Name, b)
			}
			double := *h
			double.CPU = slices.Clone(h.CPU)
			for i := range double.CPU {
				double.CPU[i] *= 2
			}
			if d, _ := p.Need(&double); d.CPU < n.CPU {
				t.Errorf("%s asks for %v cores, and for %v of twice the demand", p.Name, n.CPU, d.CPU)
			}
		}
		for _, order := range [][2]string{
			{"vpa-target", "vpa-upper"},
			{"aws-max-savings", "aws-default"},
			{"aws-default", "aws-max-performance"},
			{"azure-non-user", "azure-user-facing"},
			{"max-31d", "max-all"},
			{"max-31d", "max-31d-x1.25"},
		} {
			a, b := needs[order[0]], needs[order[1]]
			if a.CPU > b.CPU || a.Memory > b.Memory {
				t.Errorf("%s asks for %+v, more than %s with %+v", order[0], a, order[1], b)
			}
		}
	}
}

func TestIdleRules(t *testing.T) {
	const days = 40
	make := func(change func(h *History, e *IdleEvidence)) map[string]string {
		h := &History{From: calendar.Date{Year: 2026, Month: time.March, Day: 1}, Size: Size{VCPU: 2, MemoryMiB: 4096}}
		h.CPU = slices.Repeat([]float64{0.01}, days*SlotsPerDay)
		e := &IdleEvidence{
			MHzPerCore: 2500, Transmit: slices.Repeat([]float64{300}, days*24),
			Network: slices.Repeat([]NetworkDay{{Slots: 288, ReceiveBelow: 288, TransmitBelow: 288, Received: 1e6, Transmitted: 1e6}}, days),
		}
		change(h, e)
		got := map[string]string{}
		for _, rule := range IdleRules() {
			switch idle, ok := rule.Idle(h, e); {
			case !ok:
				got[rule.Name] = "?"
			case idle:
				got[rule.Name] = "idle"
			default:
				got[rule.Name] = "busy"
			}
		}
		return got
	}
	row := func(azure, aws, huawei, gcp, vmware, yunjian string) map[string]string {
		return map[string]string{"azure": azure, "aws": aws, "huawei": huawei, "gcp": gcp, "vmware": vmware, "yunjian": yunjian}
	}
	at := func(h *History, day int) int { return len(h.CPU) - day*SlotsPerDay }
	for _, tt := range []struct {
		name   string
		change func(h *History, e *IdleEvidence)
		want   map[string]string
	}{
		{"nothing runs", func(*History, *IdleEvidence) {}, row("idle", "idle", "idle", "idle", "idle", "idle")},
		{"a slot of 4 % five days ago", func(h *History, _ *IdleEvidence) { h.CPU[at(h, 5)] = 0.08 }, row("idle", "idle", "busy", "idle", "idle", "idle")},
		{"a slot of 8 % five days ago", func(h *History, _ *IdleEvidence) { h.CPU[at(h, 5)] = 0.16 }, row("idle", "busy", "busy", "idle", "idle", "busy")},
		{"a slot of 8 % twenty days ago", func(h *History, _ *IdleEvidence) { h.CPU[at(h, 20)] = 0.16 }, row("idle", "idle", "idle", "idle", "idle", "idle")},
		{"a slot of 12 % thirty days ago", func(h *History, _ *IdleEvidence) { h.CPU[at(h, 30)] = 0.24 }, row("idle", "idle", "idle", "idle", "idle", "busy")},
		{"a slot of 12 % before that", func(h *History, _ *IdleEvidence) { h.CPU[at(h, 32)] = 0.24 }, row("idle", "idle", "idle", "idle", "idle", "idle")},
		{"6 MB on a day", func(_ *History, e *IdleEvidence) { e.Network[days-3].Received = 5e6 }, row("idle", "busy", "idle", "idle", "idle", "idle")},
		{"a talkative day", func(_ *History, e *IdleEvidence) { e.Network[days-3].TransmitBelow = 0 }, row("idle", "idle", "idle", "busy", "idle", "idle")},
		{"no network known", func(_ *History, e *IdleEvidence) { *e = IdleEvidence{} }, row("?", "?", "idle", "?", "?", "idle")},
		{"no CPU known", func(h *History, _ *IdleEvidence) {
			for i := range h.CPU {
				h.CPU[i] = math.NaN()
			}
		}, row("?", "?", "?", "?", "?", "?")},
	} {
		if diff := cmp.Diff(tt.want, make(tt.change)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
