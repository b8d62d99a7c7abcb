package rightsize

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Lesson is a past decision with its outcome, from which a risk model learns.
type Lesson struct {
	// Block groups lessons that are not independent, such as neighbours and the same
	// host in other months.
	Block   int
	Profile *Profile
	Size    Size
	// CPUBreached tells whether more than 1 % of the month's slots exceeded so many
	// cores, MemoryBreached whether any exceeded so many MiB.
	CPUBreached, MemoryBreached func(size float64) bool
}

// RiskModel predicts the probability that a size is breached in the next month. It is
// a mean of monotone boosted forests, each fitted on a part of the blocks, and is then
// calibrated on the blocks that each forest did not see.
type RiskModel struct {
	CPU    Ensemble `json:"cpu"`
	Memory Ensemble `json:"memory"`
}

// Ensemble is the fitted model of one resource.
type Ensemble struct {
	Forests []forest `json:"forests"`
	// Calibrated log-odds are Offset + Slope × log-odds of the mean.
	Offset float64 `json:"offset"`
	Slope  float64 `json:"slope"`
}

// Sizes that are learnt from besides the flavours: the size of the host, halved so many
// times by halves. They teach the shape of the risk between flavours.
const halvings = 12

// weights of what is learnt from.
const (
	gridWeight   = 1
	flavorWeight = 2
)

// bags is how many forests are averaged; bagShare is the part of the blocks each sees.
const (
	bags     = 8
	bagShare = 0.7
	seed     = 20130701
)

// FitRisk learns from lessons. flavors are the sizes that will be asked for; the order
// of the lessons does not matter to what is learnt beyond rounding. It fails where the
// lessons do not hold both outcomes for both resources.
func FitRisk(lessons []Lesson, cpuFlavors, memoryFlavors []float64) (*RiskModel, error) {
	var cpu, memory []sample
	for i := range lessons {
		l := &lessons[i]
		each(l.Size.VCPU, 2, 0.1, cpuFlavors, func(size, weight float64) {
			cpu = append(cpu, sample{l.Profile.cpuAt(size), l.CPUBreached(size), weight, l.Block})
		})
		shape := l.Profile.memoryShape()
		if math.IsNaN(shape.max) {
			continue
		}
		each(l.Size.MemoryMiB, 3, 1, memoryFlavors, func(size, weight float64) {
			memory = append(memory, sample{shape.at(size, l.Size.MemoryMiB), l.MemoryBreached(size), weight, l.Block})
		})
	}
	var m RiskModel
	var err error
	if m.CPU, err = fitEnsemble(cpu, boosting{rounds: 60, leaves: 6, rate: 0.07, ridge: 5, least: 25, rises: cpuRises()}); err != nil {
		return nil, fmt.Errorf("learn the risk of CPU: %w", err)
	}
	if m.Memory, err = fitEnsemble(memory, boosting{rounds: 80, leaves: 6, rate: 0.08, ridge: 5, least: 25, rises: memoryRises()}); err != nil {
		return nil, fmt.Errorf("learn the risk of memory: %w", err)
	}
	return &m, nil
}

// each visits the sizes below a current one that are learnt from.
func each(current float64, perHalving int, least float64, flavors []float64, visit func(size, weight float64)) {
	for k := 1; k <= halvings; k++ {
		if size := current * math.Exp2(-float64(k)/float64(perHalving)); size >= least {
			visit(size, gridWeight)
		}
	}
	for _, size := range flavors {
		if size < current-1e-6 {
			visit(size, flavorWeight)
		}
	}
}

func fitEnsemble(all []sample, b boosting) (Ensemble, error) {
	blocks := make([]int, 0, len(all))
	for _, s := range all {
		blocks = append(blocks, s.block)
	}
	slices.Sort(blocks)
	blocks = slices.Compact(blocks)
	if len(blocks) < 4 {
		return Ensemble{}, fmt.Errorf("want lessons of 4 blocks or more, got %d", len(blocks))
	}
	var e Ensemble
	random := rand.New(rand.NewPCG(seed, uint64(len(blocks)))) //nolint:gosec // repeatable on purpose
	sum, n := make([]float64, len(all)), make([]float64, len(all))
	for range bags {
		random.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
		seen := map[int]bool{}
		for _, block := range blocks[:int(math.Ceil(bagShare*float64(len(blocks))))] {
			seen[block] = true
		}
		var bag []sample
		hits := 0
		for _, s := range all {
			if seen[s.block] {
				bag = append(bag, s)
				if s.hit {
					hits++
				}
			}
		}
		if hits == 0 || hits == len(bag) {
			return Ensemble{}, errors.New("the lessons do not hold both outcomes")
		}
		f := boost(bag, b)
		e.Forests = append(e.Forests, f)
		for i, s := range all {
			if !seen[s.block] {
				sum[i], n[i] = sum[i]+f.logOdds(s.x), n[i]+1
			}
		}
	}
	e.Offset, e.Slope = calibrate(all, sum, n)
	return e, nil
}

// calibrate is Platt's method (Probabilistic Outputs for Support Vector Machines, 1999)
// on predictions of forests that had not seen the block, for the flavours alone, since
// these are what is asked for. A weak prior keeps it near the identity.
func calibrate(all []sample, sum, n []float64) (offset, slope float64) {
	const prior = 2
	offset, slope = 0, 1
	for range 50 {
		ga, gb := -prior*offset, -prior*(slope-1)
		aa, ab, bb := float64(prior), 0.0, float64(prior)
		for i, s := range all {
			if n[i] == 0 || s.weight != flavorWeight {
				continue
			}
			x := sum[i] / n[i]
			p := sigmoid(offset + slope*x)
			e, w := -p, p*(1-p)
			if s.hit {
				e++
			}
			ga, gb = ga+e, gb+e*x
			aa, ab, bb = aa+w, ab+w*x, bb+w*x*x
		}
		det := aa*bb - ab*ab
		da, db := (bb*ga-ab*gb)/det, (aa*gb-ab*ga)/det
		offset, slope = offset+da, slope+db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return offset, max(slope, 0.1)
}

// probability is the calibrated prediction for features.
func (e *Ensemble) probability(x []float64) float64 {
	sum := 0.0
	for i := range e.Forests {
		sum += e.Forests[i].logOdds(x)
	}
	return sigmoid(e.Offset + e.Slope*sum/float64(len(e.Forests)))
}

// Risk is what a model predicts for one host: the probability, 0 to 1, that a size is
// breached in the month that follows.
type Risk struct {
	CPU    func(cores float64) float64
	Memory func(mib float64) float64
}

// Predict prepares the prediction for a host. A resource without any value in the
// history has a nil function: there is no forecast for it.
func (m *RiskModel) Predict(p *Profile, size Size) Risk {
	var r Risk
	if p.cpu.known > 0 {
		r.CPU = func(cores float64) float64 { return m.CPU.probability(p.cpuAt(cores)) }
	}
	if p.memory.known > 0 {
		shape := p.memoryShape()
		r.Memory = func(mib float64) float64 { return m.Memory.probability(shape.at(mib, size.MemoryMiB)) }
	}
	return r
}
