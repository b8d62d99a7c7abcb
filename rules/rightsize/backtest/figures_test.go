package backtest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// TestEffective follows Art. 22: three weekdays after the day that asks.
func TestEffective(t *testing.T) {
	// 1 April 2026 is a Wednesday.
	for _, tt := range []struct{ day, days, want int }{
		{0, 3, 6},   // Wed: Thu, Fri, Mon; there on Tue 7
		{1, 3, 7},   // Thu: Fri, Mon, Tue
		{2, 3, 8},   // Fri: Mon, Tue, Wed; there on Thu 9
		{3, 3, 8},   // Sat
		{4, 3, 8},   // Sun
		{0, 0, 1},   // the morning after
		{27, 3, 31}, // Tue 28: into the next month
	} {
		if got := effective(april.First(), tt.day, tt.days); got != tt.want {
			t.Errorf("asked on day %d, there after %d weekdays on day %d; want %d", tt.day, tt.days, got, tt.want)
		}
	}
}

func TestGuard(t *testing.T) {
	h := flat("x", 0, 61, 1, 1000)
	for i := 33 * perDay; i < 61*perDay; i++ {
		h.Memory[i] = 3000 // from Friday 3 April on
	}
	c := Cases([]Host{h}, april)[0]
	got := guard([]*Case{&c}, []float64{2048}, PowersOfTwo(), workingDays)
	// Restored to 4 GiB on Thursday the 9th: six of thirty days above, 8 days of 2 GiB.
	want := Guarded{TimeBefore: 28.0 / 30, TimeAfter: 6.0 / 30, SavedBefore: 1 - 2048.0/16384, SavedAfter: 1 - (8*2048.0+22*4096)/30/16384, Restored: 1}
	if diff := cmp.Diff(want, got, approximately); diff != "" {
		t.Error(diff)
	}
	quiet := guard([]*Case{&c}, []float64{4096}, PowersOfTwo(), workingDays)
	if quiet.Restored != 0 || quiet.TimeAfter != 0 || quiet.SavedAfter != quiet.SavedBefore {
		t.Errorf("nothing to restore: %+v", quiet)
	}
}

var approximately = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })

func TestBootstrap(t *testing.T) {
	hosts := crowd(60)
	cases := pointers([][]Case{Cases(hosts, april), Cases(hosts, may)})
	var ours, theirs []Score
	for i, c := range cases {
		size := c.History.Size
		size.VCPU /= 2
		ours = append(ours, score(c, size))
		if i%7 == 0 {
			size.VCPU /= 2
		}
		theirs = append(theirs, score(c, size))
	}
	r := newResample(cases)
	if diff := cmp.Diff(Difference{}, r.difference(ours, ours)); diff != "" {
		t.Errorf("a policy differs from itself: %s", diff)
	}
	d := r.difference(ours, theirs)
	want := Summarize(ours).CPU.Saved - Summarize(theirs).CPU.Saved
	if math.Abs(d.CPUSaved.Value-want) > 1e-12 || !(d.CPUSaved.Low < want && want < d.CPUSaved.High) {
		t.Errorf("difference %+v; want %v inside", d.CPUSaved, want)
	}
	if diff := cmp.Diff(d, newResample(cases).difference(ours, theirs)); diff != "" {
		t.Errorf("the same seed draws otherwise: %s", diff)
	}
	drawn := 0
	for _, n := range r.times[0] {
		drawn += int(n)
	}
	if len(r.times) != draws || drawn != len(r.index) || len(r.index) != 20 {
		t.Errorf("%d draws of %d blocks, %d in the first", len(r.times), len(r.index), drawn)
	}
}

func TestCalibrate(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	made := func(honest bool) []curve {
		var out []curve
		for i := range 2000 {
			p := random.Float64()
			said := p
			if !honest {
				said = p / 2
			}
			part := Part{Time: count(random.Float64() < p)}
			out = append(out, curve{block: i % 50, steps: []step{{raw: said, part: part}, {raw: math.NaN()}}})
		}
		return out
	}
	r := &resample{index: map[int]int{}}
	for b := range 50 {
		r.index[b] = b
	}
	r.times = [][]uint16{make([]uint16, 50)}
	r.times[0][0] = 1
	breached := func(p *Part) bool { return p.Time > 0 }
	honest := calibrate(made(true), breached, r)
	if honest.Pairs != 2000 || honest.ECE > 0.03 || honest.Deviation > 0.08 || honest.Skill < 0.25 {
		t.Errorf("an honest forecast: %+v", honest)
	}
	if liar := calibrate(made(false), breached, r); liar.ECE < 0.2 || liar.Deviation < 0.35 || liar.Skill > honest.Skill {
		t.Errorf("half the risk: %+v", liar)
	}
	if empty := calibrate(nil, breached, r); empty.Pairs != 0 || empty.ECE != 0 {
		t.Errorf("nothing: %+v", empty)
	}
}

func TestLogistic(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	truth := logistic{-0.5, -2}
	var data []observed
	for range 20000 {
		x := 4*random.Float64() - 2
		data = append(data, observed{x, random.Float64() < truth.predict(x)})
	}
	if got := fitLogistic(data); math.Abs(got.a-truth.a) > 0.1 || math.Abs(got.b-truth.b) > 0.1 {
		t.Errorf("fitted %+v; want %+v", got, truth)
	}
	separable := fitLogistic([]observed{{-1, true}, {1, false}})
	if p, q := separable.predict(-1), separable.predict(1); !(p > 0.9 && q < 0.1) {
		t.Errorf("separable: %+v", separable)
	}
	if got := fitLogistic(nil).predict(0); !math.IsNaN(got) {
		t.Errorf("fitted on nothing, the risk is %v; want NaN", got)
	}
}

func TestBreachAt(t *testing.T) {
	curve := []Point{{0, Figures{}}, {0.1, Figures{Saved: 0.2, Breach: 0.01}}, {0.2, Figures{Saved: 0.4, Breach: 0.05}}}
	for saved, want := range map[float64]float64{0: 0, 0.1: 0.005, 0.2: 0.01, 0.3: 0.03, 0.4: 0.05} {
		if got, ok := breachAt(curve, saved); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("breach at saving %v = %v, %v; want %v", saved, got, ok, want)
		}
	}
	if got, ok := breachAt(curve, 0.5); ok {
		t.Errorf("breach beyond the curve = %v", got)
	}
}

// TestSearchMissing: a machine without a value of memory keeps what it has.
func TestSearchMissing(t *testing.T) {
	h := flat("x", 0, 61, 1, math.NaN())
	c := Cases([]Host{h}, april)[0]
	for _, n := range familyNeeds(&c.History) {
		if size := PowersOfTwo().Fit(n, c.History.Size); size.MemoryMiB != c.History.Size.MemoryMiB {
			t.Fatalf("memory is cut to %v", size.MemoryMiB)
		}
	}
	if got := score(&c, rightsize.Size{VCPU: 1, MemoryMiB: 512}); got.Mem.Time != 0 || got.Mem.Demand != 0 {
		t.Errorf("%+v", got.Mem)
	}
}
