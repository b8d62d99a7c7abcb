package backtest

import (
	"math/rand/v2"
	"slices"
)

// Draws of the bootstrap and its seed, as the protocol has them.
const (
	draws = 2000
	seed  = 1
)

// Interval is a figure with the 95 % interval of the bootstrap over blocks.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// resample says how often each block is in each draw.
type resample struct {
	index map[int]int // of a block
	times [][]uint16  // by draw
}

// newResample draws as many blocks as there are, with replacement. The same blocks
// are drawn for every figure of a back-test, which is what pairs them.
func newResample(cases []*Case) *resample {
	r := &resample{index: map[int]int{}}
	var blocks []int
	for _, c := range cases {
		blocks = append(blocks, c.Block)
	}
	slices.Sort(blocks)
	blocks = slices.Compact(blocks)
	for i, b := range blocks {
		r.index[b] = i
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for range draws {
		times := make([]uint16, len(blocks))
		for range blocks {
			times[random.IntN(len(blocks))]++
		}
		r.times = append(r.times, times)
	}
	return r
}

// interval computes a figure from sums over blocks: of sums[k][block], total[k] is the
// sum over the drawn blocks. A draw on which the figure is no number is left out.
func (r *resample) interval(sums [][]float64, figure func(total []float64) float64) Interval {
	total := make([]float64, len(sums))
	add := func(times []uint16) float64 {
		for k, s := range sums {
			total[k] = 0
			for b, x := range s {
				n := 1.0
				if times != nil {
					n = float64(times[b])
				}
				total[k] += n * x
			}
		}
		return figure(total)
	}
	out := Interval{Value: add(nil)}
	values := make([]float64, 0, draws)
	for _, times := range r.times {
		if v := add(times); v == v {
			values = append(values, v)
		}
	}
	if len(values) > 0 {
		slices.Sort(values)
		rank := func(thousandths int) float64 { return values[max((len(values)*thousandths+999)/1000, 1)-1] }
		out.Low, out.High = rank(25), rank(975)
	}
	return out
}

// Difference is ours less a peer's on the same VM-months, in shares of 1.
type Difference struct {
	CPUSaved    Interval `json:"cpu_saved"`
	CPUBreach   Interval `json:"cpu_breach"`
	MemorySaved Interval `json:"memory_saved"`
	MemoryAny   Interval `json:"memory_any"`
}

// difference compares two policies, whose scores are of the same cases in one order.
func (r *resample) difference(ours, theirs []Score) Difference {
	saved := func(of func(*Score) *Part) Interval {
		sums := r.sums(3)
		for i := range ours {
			b, p := r.index[ours[i].Block], of(&ours[i])
			sums[0][b] += p.Current
			sums[1][b] += p.Size
			sums[2][b] += of(&theirs[i]).Size
		}
		return r.interval(sums, func(t []float64) float64 { return (t[2] - t[1]) / t[0] })
	}
	above := func(of func(*Score) *Part, time float64) Interval {
		sums := r.sums(2)
		for i := range ours {
			b := r.index[ours[i].Block]
			sums[0][b]++
			sums[1][b] += count(of(&ours[i]).Time > time) - count(of(&theirs[i]).Time > time)
		}
		return r.interval(sums, func(t []float64) float64 { return t[1] / t[0] })
	}
	cpu, memory := func(s *Score) *Part { return &s.CPU }, func(s *Score) *Part { return &s.Mem }
	return Difference{CPUSaved: saved(cpu), CPUBreach: above(cpu, breachTime), MemorySaved: saved(memory), MemoryAny: above(memory, 0)}
}

func (r *resample) sums(n int) [][]float64 {
	s := make([][]float64, n)
	for i := range s {
		s[i] = make([]float64, len(r.index))
	}
	return s
}
