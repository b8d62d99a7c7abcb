package rightsize

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

var decided = calendar.Date{Year: 2026, Month: 11, Day: 1}

func advisor(t *testing.T) *Advisor {
	t.Helper()
	a := &Advisor{DecidedAt: decided}
	var err error
	if a.Settings, err = DefaultSettings(); err != nil {
		t.Fatal(err)
	}
	if a.Model, err = DefaultModel(); err != nil {
		t.Fatal(err)
	}
	if a.Texts, err = LoadTexts(); err != nil {
		t.Fatal(err)
	}
	return a
}

// catalog has the ratios 1:2 and 1:4 from 1 to 16 vCPU.
func catalog() Catalog {
	var all []Flavor
	for cpu := 1.0; cpu <= 16; cpu *= 2 {
		for _, ratio := range []float64{2, 4} {
			all = append(all, Flavor{ID: fmt.Sprintf("c%v.%v", cpu, ratio), Size: Size{VCPU: cpu, MemoryMiB: cpu * ratio * 1024}, Yuan: new(cpu * (20 + 5*ratio))})
		}
	}
	return NewCatalog(all)
}

// flat is a history of whole months before the decision: so many cores and MiB at all times.
func flat(months int, size Size, cores, mib float64) *History {
	from := decided.AddMonths(-months)
	n := from.DaysUntil(decided) * SlotsPerDay
	h := &History{From: from, CPU: make([]float64, n), Memory: make([]float64, n), Size: size}
	for i := range n {
		h.CPU[i], h.Memory[i] = cores, mib
	}
	return h
}

// busy is a history with noise, a daily course, bursts and gaps.
func busy(r *rand.Rand, months int, size Size) *History {
	h := flat(months, size, 0, 0)
	level, memory := size.VCPU*math.Exp(-3+1.2*r.NormFloat64()), size.MemoryMiB*(0.05+0.8*r.Float64())
	burst := 0
	for i := range h.CPU {
		hour := float64(i%SlotsPerDay) / SlotsPerDay * 2 * math.Pi
		x := level * (1 + 0.5*math.Sin(hour)) * math.Exp(0.3*r.NormFloat64())
		if burst > 0 {
			burst--
			x += 0.6 * size.VCPU
		} else if r.IntN(3000) == 0 {
			burst = r.IntN(30)
		}
		h.CPU[i], h.Memory[i] = min(x, size.VCPU), min(memory*(1+0.02*r.NormFloat64()), size.MemoryMiB)
		if r.IntN(40) == 0 {
			h.CPU[i], h.Memory[i] = math.NaN(), math.NaN()
		}
	}
	return h
}

func assessed(t *testing.T, a *Advisor, hosts ...Host) []*Assessment {
	t.Helper()
	out, one := make([]*Assessment, len(hosts)), &Assessor{Advisor: a}
	for i, h := range hosts {
		var err error
		if out[i], err = one.Assess(h); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func fleet(n int) []Host {
	r := rand.New(rand.NewPCG(3, 9))
	hosts := make([]Host, n)
	for i := range hosts {
		size := Size{VCPU: float64(int(1) << r.IntN(5)), MemoryMiB: 0, DiskGiB: 100}
		size.MemoryMiB = size.VCPU * float64(int(2)<<r.IntN(2)) * 1024
		hosts[i] = Host{Provider: "p", HostID: fmt.Sprintf("i-%03d", i), System: fmt.Sprintf("s-%d", i/4), History: busy(r, 3, size)}
	}
	return hosts
}

// TestActions: one host for each class of action.
// recommended are the recommendations for a fleet, which come in parts.
func recommended(a *Advisor, fleet []*Assessment) []Recommendation {
	const part = 7
	return slices.Concat(slices.Collect(a.Recommend(fleet, part))...)
}

func TestActions(t *testing.T) {
	a := advisor(t)
	a.Catalog = catalog()
	size := Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 200}
	small := Size{VCPU: 1, MemoryMiB: 2048, DiskGiB: 40}
	used, tiny := 30.0, 25.0
	hosts := []Host{
		{HostID: "low", History: flat(3, size, 0.3, 1500)},
		{HostID: "idle", History: flat(3, size, 0.01, 400), Reclaim: "闲置"},
		{HostID: "hot", History: flat(3, size, 3.5, 5000)},
		{HostID: "wide", History: flat(3, Size{VCPU: 2, MemoryMiB: 4096, DiskGiB: 200}, 1.2, 3000), StorageUsedGiB: &used},
		{HostID: "fits", History: flat(3, size, 2.4, 6000), StorageUsedGiB: &used},
		{HostID: "new", History: flat(0, size, 0, 0)},
		{HostID: "m1", System: "s", History: flat(3, small, 0.05, 500), StorageUsedGiB: &tiny},
		{HostID: "m2", System: "s", History: flat(3, small, 0.05, 500)},
	}
	hosts[4].History.Size.DiskGiB = 0
	got := map[string]string{}
	for _, r := range recommended(a, assessed(t, a, hosts...)) {
		got[r.HostID] = fmt.Sprintf("%s %v/%v/%v %s", r.Action, r.Target.VCPU, r.Target.MemoryMiB/1024, r.Target.DiskGiB, r.Confidence)
	}
	want := map[string]string{
		"low": "downsize 2/4/200 high", "idle": "reclaim 0/0/0 high", "hot": "upsize 8/16/200 high", "wide": "shrink 2/4/100 high",
		"fits": "keep 4/8/0 high", "new": "keep 4/8/200 low", "m1": "keep 1/2/40 high", "m2": "consolidate 0/0/0 high",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

// TestNeverLarger: a downsize takes from both resources or leaves them, and no host is
// exposed to more than the settings allow.
func TestNeverLarger(t *testing.T) {
	for name, c := range map[string]Catalog{"catalogue": catalog(), "none": nil} {
		a := advisor(t)
		a.Catalog = c
		cut := 0
		for _, r := range recommended(a, assessed(t, a, fleet(120)...)) {
			if r.Action != Downsize {
				continue
			}
			cut++
			if r.Target.VCPU > r.Current.VCPU || r.Target.MemoryMiB > r.Current.MemoryMiB || r.Target == r.Current {
				t.Errorf("%s: %s goes from %v to %v", name, r.HostID, r.Current, r.Target)
			}
			if r.Target.VCPU < r.Current.VCPU*(1-a.Settings.MaxCut) || r.Target.MemoryMiB < r.Current.MemoryMiB*(1-a.Settings.MaxCut) {
				t.Errorf("%s: %s is cut by more than the limit: %v to %v", name, r.HostID, r.Current, r.Target)
			}
			if *r.CPURisk > a.Settings.MaxRisk || *r.MemoryRisk > a.Settings.MaxRisk {
				t.Errorf("%s: %s runs a risk of %v and %v", name, r.HostID, *r.CPURisk, *r.MemoryRisk)
			}
		}
		if cut < 20 {
			t.Errorf("%s: only %d of 120 hosts are cut: the test shows little", name, cut)
		}
	}
}

// TestMoreBudgetSavesMore: with the two resources free of each other, as they are
// without a catalogue, a larger budget never saves less, and is never overspent.
func TestMoreBudgetSavesMore(t *testing.T) {
	a := advisor(t)
	all := assessed(t, a, fleet(120)...)
	var cores, gib float64
	for _, budget := range []float64{0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 1} {
		a.Settings.CPURiskBudget, a.Settings.MemoryRiskBudget = budget, budget
		var c, m, risk, memoryRisk float64
		for _, r := range recommended(a, all) {
			if r.Action == Downsize {
				c, m = c+r.Saving.Cores, m+r.Saving.MemoryGiB
				risk, memoryRisk = risk+*r.CPURisk, memoryRisk+*r.MemoryRisk
			}
		}
		if c < cores || m < gib {
			t.Errorf("a budget of %v saves %v cores and %v GiB, a smaller one %v and %v", budget, c, m, cores, gib)
		}
		if n := float64(len(all)); risk > budget*n || memoryRisk > budget*n {
			t.Errorf("a budget of %v is overspent: %v and %v breaches are expected of %v hosts", budget, risk, memoryRisk, n)
		}
		cores, gib = c, m
	}
	if cores == 0 || gib == 0 {
		t.Error("no budget saves anything")
	}
}

// TestMissingNeverLowers: a slot without a value counts as more than a slot at rest,
// and too few values mean that nothing is cut.
func TestMissingNeverLowers(t *testing.T) {
	a := advisor(t)
	r := rand.New(rand.NewPCG(4, 4))
	for n := range 30 {
		size := Size{VCPU: 8, MemoryMiB: 16384}
		rest, gone := busy(r, 3, size), &History{}
		*gone = *rest
		gone.CPU, gone.Memory = slices.Clone(rest.CPU), slices.Clone(rest.Memory)
		for i := range rest.CPU {
			if r.IntN(20) == 0 {
				rest.CPU[i], rest.Memory[i] = 0, 0
				gone.CPU[i], gone.Memory[i] = math.NaN(), math.NaN()
			}
		}
		both := assessed(t, a, Host{HostID: "rest", History: rest}, Host{HostID: "gone", History: gone})
		at := func(h *Assessment) Size {
			got := recommended(a, []*Assessment{h})[0].Target
			return got
		}
		if x, y := at(both[0]), at(both[1]); y.VCPU < x.VCPU || y.MemoryMiB < x.MemoryMiB {
			t.Errorf("%d: with 5 %% at rest %v, with 5 %% missing %v", n, x, y)
		}
		for i := range gone.CPU {
			if i%8 == 0 {
				gone.CPU[i] = math.NaN()
			}
		}
		if got := recommended(a, assessed(t, a, Host{HostID: "few", History: gone})); got[0].Action == Downsize {
			t.Errorf("%d: cut with a coverage of %v", n, got[0].Evidence.Coverage)
		}
	}
}

// TestRecurringPeak: demand that comes back at one calendar position for 1 % of a month
// is not cut below, whether counted from the first of the month or from its end.
func TestRecurringPeak(t *testing.T) {
	a := advisor(t)
	a.Settings.CPURiskBudget, a.Settings.MaxRisk = 1, 1 // so that no risk stands in the way
	size := Size{VCPU: 8, MemoryMiB: 16384}
	for name, day := range map[string]func(m calendar.Month) calendar.Date{
		"fifth": func(m calendar.Month) calendar.Date { return m.First().AddDays(4) },
		"last":  func(m calendar.Month) calendar.Date { return m.Last() },
	} {
		h := flat(3, size, 0.2, 9000)
		for m := h.From.CalendarMonth(); m.Compare(decided.CalendarMonth()) < 0; m = m.Next() {
			if m == h.From.CalendarMonth() {
				continue // in two of the three
			}
			start := h.From.DaysUntil(day(m)) * SlotsPerDay
			for i := start + 100; i < start+100+90; i++ {
				h.CPU[i] = 6
			}
		}
		if got := recommended(a, assessed(t, a, Host{HostID: name, History: h}))[0]; got.Target.VCPU < 6 {
			t.Errorf("%s: cut to %v below a peak of 6 that recurs", name, got.Target)
		}
		once := flat(3, size, 0.2, 9000)
		for i := range 90 {
			once.CPU[5000+i] = 6
		}
		if got := recommended(a, assessed(t, a, Host{HostID: name, History: once}))[0]; got.Target.VCPU >= 6 {
			t.Errorf("%s: a peak that came once holds the size: %v", name, got.Target)
		}
	}
}

// TestRiskFalls: a larger size is never predicted to be riskier.
func TestRiskFalls(t *testing.T) {
	a := advisor(t)
	for i, h := range fleet(20) {
		risk := a.Model.Predict(Look(h.History), h.History.Size)
		for k := 1; k < 40; k++ {
			small, large := h.History.Size.VCPU*float64(k)/40, h.History.Size.VCPU*float64(k+1)/40
			if p, q := risk.CPU(small), risk.CPU(large); q > p+1e-12 || p < 0 || p > 1 {
				t.Fatalf("host %d: risk of %v cores is %v, of %v cores %v", i, small, p, large, q)
			}
		}
	}
}

func TestBurst(t *testing.T) {
	a := advisor(t)
	a.Settings.BurstWeight = 0.9
	size := Size{VCPU: 4, MemoryMiB: 8192}
	calm, bursting := flat(3, size, 0.5, 6000), flat(3, size, 0.5, 6000)
	bursting.Peak = make([]float64, len(bursting.CPU))
	for i := range bursting.Peak {
		bursting.Peak[i] = 4
	}
	got := recommended(a, assessed(t, a, Host{HostID: "calm", History: calm}, Host{HostID: "bursting", History: bursting}))
	if got[0].Action != Downsize || got[1].Target.VCPU != 4 || got[1].Evidence.CPU.Max != 0.5 || !strings.Contains(got[1].English, "Inside a minute it reached 4.00 cores") {
		t.Errorf("calm %s to %v, bursting %s to %v: %s", got[0].Action, got[0].Target, got[1].Action, got[1].Target, got[1].English)
	}
}

func TestShapeRefused(t *testing.T) {
	a := advisor(t)
	h := flat(3, Size{VCPU: 1, MemoryMiB: 1024}, 0, 0)
	h.Memory = h.Memory[1:]
	if _, err := (&Assessor{Advisor: a}).Assess(Host{Provider: "p", HostID: "x", History: h}); err == nil || !strings.Contains(err.Error(), "p/x") {
		t.Errorf("broken series: %v", err)
	}
}
