package backtest

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

var (
	march = calendar.Month{Year: 2026, Month: time.March}
	april = calendar.Month{Year: 2026, Month: time.April}
	may   = calendar.Month{Year: 2026, Month: time.May}
)

// flat is a machine of 8 cores of 2,500 MHz and 16 GiB with the same demand all the time.
func flat(id string, block, days int, cores, mib float64) Host {
	return Host{
		ID: id, Block: block, From: march.First(),
		CPU: slices.Repeat([]float64{cores * 2500}, days*perDay), Memory: slices.Repeat([]float64{mib}, days*perDay),
		Provisioned: slices.Repeat([]Provision{{8, 20000, 16384}}, days),
	}
}

// crowd are machines of differing demand over three months, some of which grow or jump.
func crowd(n int) []Host {
	r := rand.New(rand.NewPCG(7, 7))
	hosts := make([]Host, n)
	for i := range hosts {
		h := flat("", i/3, 92, 0, 0)
		h.ID = string(rune('a'+i/26)) + string(rune('a'+i%26))
		level, jump := 20000*math.Exp(-4*r.Float64()), r.IntN(8) == 0
		for s := range h.CPU {
			h.CPU[s] = min(20000, level*(0.5+r.ExpFloat64()/4))
			h.Memory[s] = min(16384, level*(0.5+r.Float64()/4))
			if jump && s > 45*perDay {
				h.CPU[s], h.Memory[s] = min(20000, 2*h.CPU[s]), min(16384, 1.5*h.Memory[s])
			}
			if r.IntN(25) == 0 {
				h.CPU[s], h.Memory[s] = math.NaN(), math.NaN()
			}
		}
		hosts[i] = h
	}
	return hosts
}

func TestEligible(t *testing.T) {
	const edge = 1815 // the least whole number of slots that is 90 % of seven days
	blank := func(h *Host, from, to int) {
		for i := from; i < to; i++ {
			h.CPU[i] = math.NaN()
		}
	}
	for _, tt := range []struct {
		name   string
		change func(h *Host)
		want   int
	}{
		{"whole", func(*Host) {}, 1},
		{"just enough before", func(h *Host) { blank(h, 0, 31*perDay-edge) }, 1},
		{"one too few before", func(h *Host) { blank(h, 0, 31*perDay-edge+1) }, 0},
		{"enough, but not in 14 days", func(h *Host) { blank(h, 20*perDay, 31*perDay) }, 0},
		{"just enough in the month", func(h *Host) { blank(h, 31*perDay+edge, 61*perDay) }, 1},
		{"one too few in the month", func(h *Host) { blank(h, 31*perDay+edge-1, 61*perDay) }, 0},
		{"size told a week before", func(h *Host) { clear(h.Provisioned[25:]) }, 1},
		{"size told earlier", func(h *Host) { clear(h.Provisioned[24:]) }, 0},
		{"no size", func(h *Host) { clear(h.Provisioned) }, 0},
		{"begins with the month", func(h *Host) { h.From = april.First() }, 0},
		{"ends before the month", func(h *Host) {
			h.CPU, h.Memory, h.Provisioned = h.CPU[:31*perDay], h.Memory[:31*perDay], h.Provisioned[:31]
		}, 0},
	} {
		h := flat("x", 0, 61, 1, 1000)
		tt.change(&h)
		if got := len(Cases([]Host{h}, april)); got != tt.want {
			t.Errorf("%s: %d cases; want %d", tt.name, got, tt.want)
		}
	}
}

func TestCase(t *testing.T) {
	h := flat("x", 3, 61, 2, 1000)
	h.Off = make([]bool, 61*perDay)
	h.Off[5], h.CPU[5] = true, math.NaN()
	for day := range 10 {
		h.Provisioned[day].Cores = 4
	}
	h.Provisioned[30].MemoryMiB = 16000 // a mean over a day
	c := Cases([]Host{h}, april)[0]
	want := rightsize.Size{VCPU: 8, MemoryMiB: 16000}
	if diff := cmp.Diff(want, c.History.Size); diff != "" {
		t.Error(diff)
	}
	if c.History.Since != march.First().AddDays(10) || c.Clock != 2500 || c.Block != 3 || c.History.Days() != 31 || len(c.CPU) != 30*perDay {
		t.Errorf("since %s, clock %v, block %d, %d days, %d slots", c.History.Since, c.Clock, c.Block, c.History.Days(), len(c.CPU))
	}
	if c.History.CPU[0] != 2 || !math.IsNaN(c.History.CPU[5]) || !c.History.Off[5] || c.CPU[0] != 2 {
		t.Errorf("cores %v, %v, off %v, then %v", c.History.CPU[0], c.History.CPU[5], c.History.Off[5], c.CPU[0])
	}
	if diff := cmp.Diff([]calendar.Month{april, may}, Months([]Host{flat("x", 0, 62, 1, 1)})); diff != "" {
		t.Error(diff)
	}
}

func TestOver(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		series := make([]float64, 1+r.IntN(300))
		for i := range series {
			if series[i] = float64(r.IntN(40)) / 8; r.IntN(9) == 0 {
				series[i] = math.NaN()
			}
		}
		size := float64(r.IntN(45)) / 8
		n, above, unserved := 0.0, 0.0, 0.0
		for _, x := range series {
			if !math.IsNaN(x) {
				n++
			}
			if x > size {
				above, unserved = above+1, unserved+x-size
			}
		}
		o := newOutcome(series)
		share, got := o.over(size)
		if math.Abs(share-above/max(n, 1)) > 1e-12 || math.Abs(got-unserved) > 1e-9 {
			t.Fatalf("over %v of %v = %v, %v; want %v, %v", size, series, share, got, above/max(n, 1), unserved)
		}
	}
}

func TestScoreChargesOnlyCuts(t *testing.T) {
	h := flat("x", 0, 61, 8, 16384)
	for i := 31 * perDay; i < 32*perDay; i++ {
		h.CPU[i], h.Memory[i] = 30000, 20000 // above what it has
	}
	c := Cases([]Host{h}, april)[0]
	if got := score(&c, c.History.Size); got.CPU.Time != 0 || got.Mem.Time != 0 || got.CPU.Unserved != 0 {
		t.Errorf("keeping is charged: %+v", got)
	}
	got := Summarize([]Score{score(&c, rightsize.Size{VCPU: 4, MemoryMiB: 16384})})
	want := Figures{Saved: 0.5, SavedMean: 0.5, Breach: 1, Breach5: 1, Any: 1, Time: 1, Cut: 1, Unserved: (29*10000 + 20000.0) / (29*20000 + 30000)}
	if diff := cmp.Diff(want, got.CPU); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Figures{}, got.Memory); diff != "" {
		t.Error(diff)
	}
}

func TestFit(t *testing.T) {
	l := PowersOfTwo()
	now := rightsize.Size{VCPU: 12, MemoryMiB: 10000}
	for _, tt := range []struct {
		need rightsize.Need
		want rightsize.Size
	}{
		{rightsize.Need{CPU: 0.1, Memory: 1}, rightsize.Size{VCPU: 1, MemoryMiB: 512}},
		{rightsize.Need{CPU: 4, Memory: 4096}, rightsize.Size{VCPU: 4, MemoryMiB: 4096}},
		{rightsize.Need{CPU: 4.1, Memory: 4097}, rightsize.Size{VCPU: 8, MemoryMiB: 8192}},
		{rightsize.Need{CPU: 9, Memory: 9000}, now},
		{rightsize.Need{CPU: 99, Memory: 1e9}, now},
		{rightsize.Need{CPU: math.NaN(), Memory: math.NaN()}, now},
	} {
		if diff := cmp.Diff(tt.want, l.Fit(tt.need, now)); diff != "" {
			t.Errorf("%+v: %s", tt.need, diff)
		}
	}
}

// TestFoldsDoNotLeak fits a model that writes down what it was shown.
func TestFoldsDoNotLeak(t *testing.T) {
	hosts := crowd(45)
	months := [][]Case{Cases(hosts, april), Cases(hosts, may)}
	type key struct {
		host  string
		month calendar.Month
	}
	type shown struct {
		folds  []int
		latest calendar.Month
	}
	var mu sync.Mutex
	predicted := map[key][]shown{}
	looks := 0
	m := NewModel("spy", "", func(h *rightsize.History) *rightsize.History {
		mu.Lock()
		defer mu.Unlock()
		looks++
		return h
	}, func(train []Seen[*rightsize.History]) (func(*rightsize.History) Risk, error) {
		var s shown
		for _, x := range train {
			if x.Features != &x.History {
				t.Error("features of another case")
			}
			s.folds = append(s.folds, foldOf(x.Block))
			if x.Month.Compare(s.latest) > 0 {
				s.latest = x.Month
			}
		}
		slices.Sort(s.folds)
		s.folds = slices.Compact(s.folds)
		return func(h *rightsize.History) Risk {
			mu.Lock()
			defer mu.Unlock()
			for _, cases := range months {
				for i := range cases {
					if c := &cases[i]; &c.History == h {
						predicted[key{c.Host, c.Month}] = append(predicted[key{c.Host, c.Month}], s)
						if slices.Contains(s.folds, foldOf(c.Block)) {
							t.Errorf("%s of fold %d is predicted by a fit on folds %v", c.Host, foldOf(c.Block), s.folds)
						}
					}
				}
			}
			return Risk{}
		}, nil
	})
	cpu, memory := DefaultLimits()
	if _, err := OutOfFold(m, months, PowersOfTwo(), cpu, memory); err != nil {
		t.Fatal(err)
	}
	if want := len(months[0]) + len(months[1]); looks != want || len(predicted) != want {
		t.Errorf("%d histories were looked at and %d predicted; want %d", looks, len(predicted), want)
	}
	for i, cases := range months {
		for _, c := range cases {
			outer, inner := 0, 0
			for _, s := range predicted[key{c.Host, c.Month}] {
				switch {
				case len(s.folds) == 4 && s.latest == c.Month:
					outer++
				case len(s.folds) == 3:
					inner++
				}
				if i == 0 && s.latest == may && len(s.folds) == 4 {
					t.Errorf("%s in April is decided by a fit that saw May", c.Host)
				}
			}
			// Four fits of three folds for each month in which the case may be learnt from.
			if want := 4 * (len(months) - i); outer != 1 || inner != want {
				t.Errorf("%s, %s: %d fits decide and %d tune; want 1 and %d", c.Host, c.Month, outer, inner, want)
			}
		}
	}
	bad := errors.New("bad data")
	_, err := OutOfFold(NewModel("fails", "", func(*rightsize.History) int { return 0 }, func([]Seen[int]) (func(int) Risk, error) { return nil, bad }),
		months, PowersOfTwo(), cpu, memory)
	if !errors.Is(err, bad) {
		t.Errorf("a fit that fails gives %v", err)
	}
}

// TestMoreRiskSavesMore holds for whatever a model predicts: for a machine with a higher
// price or cap, and for a population with a larger budget.
func TestMoreRiskSavesMore(t *testing.T) {
	hosts := crowd(30)
	cases := Cases(hosts, april)
	r := rand.New(rand.NewPCG(5, 5))
	var cpu []curve
	for i := range cases {
		c, _ := curves(&cases[i], Risk{CPU: func(float64) float64 { return r.Float64() }}, PowersOfTwo())
		cpu = append(cpu, c)
		for range 50 {
			d := Dial{r.ExpFloat64() / 20000, r.Float64()}
			if dear := (Dial{d.Price * (1 + r.Float64()), d.Cap}); c.at(dear).size > c.at(d).size {
				t.Errorf("%+v gives %v, %+v gives %v", d, c.at(d).size, dear, c.at(dear).size)
			}
			if bold := (Dial{d.Price, d.Cap + r.Float64()}); c.at(bold).size > c.at(d).size {
				t.Errorf("%+v gives %v, %+v gives %v", d, c.at(d).size, bold, c.at(bold).size)
			}
		}
	}
	all := try(cpu, breachCPU)
	saved := func(d Dial) float64 { return total(cpu, slices.Repeat([]Dial{d}, len(cpu))).Saved }
	before := 0.0
	for _, b := range budgets() {
		now := saved(choose(all, cpuBudget(b)))
		if now < before {
			t.Errorf("a budget of %v saves %v, a smaller one %v", b, now, before)
		}
		before = now
	}
	if before <= 0 {
		t.Error("no budget saves anything")
	}
	c, _ := curves(&cases[0], Risk{}, PowersOfTwo())
	if got := c.at(Dial{1, 1}); got.part.Cut {
		t.Errorf("without a forecast the machine is cut: %+v", got)
	}
}

func playCrowd(t *testing.T) (*Result, []byte) {
	t.Helper()
	model := MarginModel()
	result, err := Play(crowd(40), Options{Policies: rightsize.Peers(), Model: &model, Idle: rightsize.IdleRules()})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return result, text
}

func TestPlay(t *testing.T) {
	result, text := playCrowd(t)
	if _, again := playCrowd(t); string(again) != string(text) {
		t.Error("two runs differ")
	}
	ours, oracle := 0.0, 0.0
	for _, row := range result.Rows {
		if row.Month == all && row.Ladder == flavours {
			switch row.Policy {
			case "margin":
				ours = row.CPU.Saved
			case oracleName:
				oracle = row.CPU.Saved
			case "keep":
				if row.CPU != (Figures{}) || row.Memory != (Figures{}) {
					t.Errorf("keeping everything gives %+v", row)
				}
			}
		}
	}
	if !(ours > 0 && oracle > ours) {
		t.Errorf("the model saves %v, the oracle %v", ours, oracle)
	}
	if len(result.Gates) != 6 || len(result.CPUCalibration.Bins) != bins || len(result.Against) != len(rightsize.Peers())+1 {
		t.Errorf("%d gates, %d bins, %d comparisons", len(result.Gates), len(result.CPUCalibration.Bins), len(result.Against))
	}
	if _, err := Play(nil, Options{}); !errors.Is(err, ErrNoCases) {
		t.Errorf("Play of nothing = %v", err)
	}
}
