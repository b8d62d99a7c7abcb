package backtest

import (
	"fmt"
	"math"
)

// guardPeer is the policy with which the guard and G2 are compared.
const guardPeer = "aws-default"

// percent writes a share as a percentage.
func percent(x float64) string { return fmt.Sprintf("%.2f %%", 100*x) }

// gates fills in the figures of G1 to G6. G7 is for who prints them: two runs give the
// same bytes.
func (p *play) gates() {
	ours := p.total(p.options.Model.Name)
	oracle := p.total(oracleName)
	cpuLimits, memoryLimits := DefaultLimits()
	ruleCPU, ruleMemory, okCPU, okMemory := searchRules(p.cases, p.ladder, cpuLimits, memoryLimits)

	share := ratio(ours.CPU.Saved, oracle.CPU.Saved, 0)
	within := cpuLimits.hold(ours.CPU)
	g1 := Gate{
		Name: "G1", Title: "CPU saved at breach <= 1 % and unserved <= 0.6 %, as a share of the P99 oracle's", Target: ">= 96 %",
		Figure: fmt.Sprintf("%s of the oracle's %s (saved %s, breach %s, unserved %s)", percent(share), percent(oracle.CPU.Saved), percent(ours.CPU.Saved), percent(ours.CPU.Breach), percent(ours.CPU.Unserved)),
		// The limits are part of the gate: what saves more by breaking them has not reached it.
		Reached: within && share >= 0.96,
	}
	if okCPU {
		g1.Figure += fmt.Sprintf("; best rule in hindsight %s: %s", ruleCPU, percent(ratio(ruleCPU.Figures.Saved, oracle.CPU.Saved, 0)))
	}
	p.result.Gates = append(p.result.Gates, g1)
	if _, ok := p.scored[guardPeer]; ok {
		p.result.Gates = append(p.result.Gates, p.sameSaving())
	}

	g3 := Gate{
		Name: "G3", Title: "memory saved at any <= 5 % and time <= 0.01 %, above the best percentile rule in hindsight", Target: ">= 3 points",
		Figure: fmt.Sprintf("saved %s (any %s, time %s)", percent(ours.Memory.Saved), percent(ours.Memory.Any), percent(ours.Memory.Time)),
	}
	if okMemory {
		more := ours.Memory.Saved - ruleMemory.Figures.Saved
		g3.Figure = fmt.Sprintf("%+.2f points: %s; best rule %s: %s", 100*more, g3.Figure, ruleMemory, percent(ruleMemory.Figures.Saved))
		g3.Reached = memoryLimits.hold(ours.Memory) && more >= 0.03
	}
	p.result.Gates = append(p.result.Gates, g3, p.calibrated())
	if n := len(p.result.Idle); n > 0 {
		idle := p.result.Idle[n-1]
		p.result.Gates = append(p.result.Gates, Gate{
			Name: "G5", Title: "idle rule " + idle.Name + ": flagged, and woke of the flagged", Target: ">= 25 % flagged, <= 2 % woke",
			Figure:  fmt.Sprintf("%s flagged, %s woke", percent(idle.Flagged), percent(idle.Woke)),
			Reached: idle.Flagged >= 0.25 && idle.Woke <= 0.02,
		})
	}
	p.result.Gates = append(p.result.Gates, p.guarded())
}

// total is the row of a policy on flavours in all months.
func (p *play) total(name string) Row { return Summarize(p.scored[name]) }

// sameSaving is G2: the breach of the model where it saves what AWS's default saves,
// on the line between the two neighbouring budgets.
func (p *play) sameSaving() Gate {
	peer := p.total(guardPeer).CPU
	g := Gate{Name: "G2", Title: "breach at AWS default's own saving, as a share of AWS default's", Target: "<= 73 %"}
	breach, ok := breachAt(p.result.CPUDial, peer.Saved)
	if !ok || peer.Breach == 0 {
		g.Figure = fmt.Sprintf("the model does not reach the saving of %s", percent(peer.Saved))
		return g
	}
	share := breach / peer.Breach
	g.Figure = fmt.Sprintf("%s (breach %s against %s at saving %s)", percent(share), percent(breach), percent(peer.Breach), percent(peer.Saved))
	g.Reached = share <= 0.73
	return g
}

// breachAt is the breach at a saving, linear between the points on both sides of it.
func breachAt(curve []Point, saved float64) (float64, bool) {
	for i, b := range curve {
		if b.Saved < saved {
			continue
		}
		if i == 0 || b.Saved == saved {
			return b.Breach, true
		}
		a := curve[i-1]
		t := (saved - a.Saved) / (b.Saved - a.Saved)
		return a.Breach + t*(b.Breach-a.Breach), true
	}
	return math.NaN(), false
}

// calibrated is G4.
func (p *play) calibrated() Gate {
	c := p.result.CPUCalibration
	return Gate{
		Name: "G4", Title: "calibration of the CPU risk out of fold", Target: "ECE <= 3 points, no bin off by > 5, Brier skill > 0.3",
		Figure:  fmt.Sprintf("ECE %.2f points, largest deviation %.2f, Brier skill %.3f (%d pairs)", 100*c.ECE, 100*c.Deviation, c.Skill, c.Pairs),
		Reached: c.Pairs > 0 && c.ECE <= 0.03 && c.Deviation <= 0.05 && c.Skill > 0.3,
	}
}

// guarded is G6.
func (p *play) guarded() Gate {
	g := p.result.Guard[0]
	less, cost := 1-ratio(g.TimeAfter, g.TimeBefore, 1), g.SavedBefore-g.SavedAfter
	return Gate{
		Name: "G6", Title: "guard on memory after 3 working days: time above the size, and saving given up", Target: "time -50 % for <= 2 points",
		Figure:  fmt.Sprintf("time -%.1f %% (%.4f %% to %.4f %%) for %.2f points, %d restored", 100*less, 100*g.TimeBefore, 100*g.TimeAfter, 100*cost, g.Restored),
		Reached: less >= 0.5 && cost <= 0.02,
	}
}
