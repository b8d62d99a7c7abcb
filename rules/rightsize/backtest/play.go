package backtest

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Options of Play.
type Options struct {
	// Policies are scored beside the model.
	Policies []rightsize.Policy
	// Model is scored out of fold; nil for none, and then there are no gates.
	Model *Model
	// Idle are the rules for idle machines, ours last.
	Idle []rightsize.IdleRule
	// Report is told what is being done; may be nil.
	Report func(what string)
}

// ErrNoCases means that no machine is eligible in any month.
var ErrNoCases = errors.New("no machine has enough records before and in any month: want at least two calendar months")

// Play runs a back-test of all months that the hosts allow.
func Play(hosts []Host, o Options) (*Result, error) {
	say := o.Report
	if say == nil {
		say = func(string) {}
	}
	p := &play{options: o, result: &Result{Hosts: len(hosts)}, ladder: PowersOfTwo()}
	for _, m := range Months(hosts) {
		if cases := Cases(hosts, m); len(cases) > 0 {
			p.months = append(p.months, cases)
			p.result.Months = append(p.result.Months, m.String())
			p.result.Eligible = append(p.result.Eligible, len(cases))
		}
	}
	if p.cases = pointers(p.months); len(p.cases) == 0 {
		return nil, ErrNoCases
	}
	p.scored = map[string][]Score{}
	p.resample = newResample(p.cases)
	for _, policy := range o.Policies {
		say("policy " + policy.Name)
		p.policy(policy)
	}
	say("oracle")
	p.oracle()
	say("idle rules")
	for _, rule := range o.Idle {
		p.result.Idle = append(p.result.Idle, idleRow(rule, p.cases))
	}
	if o.Model == nil {
		return p.result, nil
	}
	say("model " + o.Model.Name + ", fitted and tuned fold by fold")
	if err := p.model(*o.Model); err != nil {
		return nil, fmt.Errorf("model %s: %w", o.Model.Name, err)
	}
	say("differences and gates")
	p.compare()
	p.guards()
	p.gates()
	return p.result, nil
}

// play is a back-test under way.
type play struct {
	options   Options
	result    *Result
	months    [][]Case
	cases     []*Case // of all months
	ladder    Ladder
	resample  *resample
	forecasts *Forecasts
	scored    map[string][]Score // on flavours, by policy, in the order of cases
}

// add scores the sizes of a policy in every month and in all together.
func (p *play) add(name, title, ladder string, sizes []rightsize.Size) {
	scores := make([]Score, len(p.cases))
	for i, c := range p.cases {
		scores[i] = score(c, sizes[i])
	}
	if ladder == flavours {
		p.scored[name] = scores
	}
	at := 0
	for i, cases := range p.months {
		row := Summarize(scores[at : at+len(cases)])
		p.result.Rows = append(p.result.Rows, PolicyRow{p.result.Months[i], ladder, name, title, row})
		at += len(cases)
	}
	p.result.Rows = append(p.result.Rows, PolicyRow{all, ladder, name, title, Summarize(scores)})
}

// needs scores what is asked for on both ladders.
func (p *play) needs(name, title string, need func(*Case) (rightsize.Need, bool)) {
	asked := make([]rightsize.Need, len(p.cases))
	each(len(p.cases), func(i int) {
		n, ok := need(p.cases[i])
		if !ok {
			n = rightsize.Need{CPU: math.NaN(), Memory: math.NaN()}
		}
		asked[i] = n
	})
	for _, l := range []struct {
		name  string
		steps Ladder
	}{{fractional, Ladder{}}, {flavours, p.ladder}} {
		sizes := make([]rightsize.Size, len(p.cases))
		for i, c := range p.cases {
			sizes[i] = l.steps.Fit(asked[i], c.History.Size)
		}
		p.add(name, title, l.name, sizes)
	}
}

func (p *play) policy(policy rightsize.Policy) {
	p.needs(policy.Name, policy.Title, func(c *Case) (rightsize.Need, bool) { return policy.Need(&c.History) })
}

// oracleName is the policy that knows the month: P99 of its CPU, the maximum of its memory.
const oracleName = "oracle"

func (p *play) oracle() {
	p.needs(oracleName, "knows the month: P99 of CPU, maximum of memory", func(c *Case) (rightsize.Need, bool) {
		return rightsize.Need{CPU: c.cpu.rank(990), Memory: c.memory.max()}, true
	})
}

// model scores the model out of fold, on flavours, to the fraction, and with the cut
// of F10 that no more than half goes at once.
func (p *play) model(m Model) error {
	cpu, memory := DefaultLimits()
	f, err := OutOfFold(m, p.months, p.ladder, cpu, memory)
	if err != nil {
		return err
	}
	p.forecasts = f
	chosen, halved, exact := make([]rightsize.Size, len(p.cases)), make([]rightsize.Size, len(p.cases)), make([]rightsize.Size, len(p.cases))
	each(len(p.cases), func(i int) {
		now := p.cases[i].History.Size
		chosen[i] = rightsize.Size{VCPU: f.cpu[i].at(f.CPU[i]).size, MemoryMiB: f.memory[i].at(f.Memory[i]).size}
		halved[i] = p.ladder.Fit(rightsize.Need{CPU: max(chosen[i].VCPU, now.VCPU/2), Memory: max(chosen[i].MemoryMiB, now.MemoryMiB/2)}, now)
		cpu, memory := curves(p.cases[i], f.risks[i], Ladder{CPU: fractions(now.VCPU), Memory: fractions(now.MemoryMiB)})
		exact[i] = rightsize.Size{VCPU: cpu.at(f.CPU[i]).size, MemoryMiB: memory.at(f.Memory[i]).size}
	})
	p.add(m.Name, m.Title, fractional, exact)
	p.add(m.Name, m.Title, flavours, chosen)
	p.add(m.Name+capped, m.Title+", no more than half cut", flavours, halved)
	p.result.CPUCalibration = calibrate(f.cpu, func(part *Part) bool { return part.Time > breachTime }, p.resample)
	p.result.MemoryCalibration = calibrate(f.memory, func(part *Part) bool { return part.Time > 0 }, p.resample)
	for k, b := range budgets() {
		p.result.CPUDial = append(p.result.CPUDial, Point{b, total(f.cpu, f.CPUBudgets[k])})
		p.result.MemoryDial = append(p.result.MemoryDial, Point{b, total(f.memory, f.MemoryBudgets[k])})
	}
	return nil
}

// compare holds the model against every other policy.
func (p *play) compare() {
	ours := p.scored[p.options.Model.Name]
	for _, policy := range slices.Concat(p.options.Policies, []rightsize.Policy{{Name: oracleName}}) {
		p.result.Against = append(p.result.Against, Comparison{policy.Name, p.resample.difference(ours, p.scored[policy.Name])})
	}
}

// guards runs the guard on memory: after three working days as Art. 22 allows, and on
// the morning after, for the model and for AWS's default where it is scored.
func (p *play) guards() {
	for _, name := range []string{p.options.Model.Name, guardPeer} {
		scores, ok := p.scored[name]
		if !ok {
			continue
		}
		sizes := make([]float64, len(scores))
		for i := range scores {
			sizes[i] = scores[i].Mem.Size
		}
		for _, days := range []int{workingDays, 0} {
			p.result.Guard = append(p.result.Guard, GuardRow{name, days, guard(p.cases, sizes, p.ladder, days)})
		}
	}
}
