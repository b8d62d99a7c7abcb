package rightsize

import (
	"math"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// evidence sums up a history.
func evidence(h *History, p *Profile, decided calendar.Date) Evidence {
	e := Evidence{From: h.From, To: decided.AddDays(-1), CPU: demand(h, h.CPU, &p.cpu), Memory: demand(h, h.Memory, &p.memory)}
	due := len(h.CPU)
	for _, off := range h.Off {
		if off {
			due--
		}
	}
	if due > 0 {
		e.Coverage = min(1, float64(p.cpu.known)/float64(due))
	}
	for _, x := range h.Peak {
		if x > e.CPU.Within {
			e.CPU.Within = x
		}
	}
	return e
}

// demand sums up one series. All is zero where nothing was measured.
func demand(h *History, values []float64, s *series) Demand {
	if s.known == 0 {
		return Demand{}
	}
	n := len(s.days)
	d := Demand{Mean: s.mean(0, n), P95: s.percentile(950), P99: s.percentile(990), Max: s.max(0, n)}
	for i, x := range values {
		if x == d.Max {
			d.MaxAt = at(h.From, i)
			break
		}
	}
	d.Weekly = weekly(h.From, values, d.Mean)
	// A month of growth is twice what lies between the last two weeks and the two before.
	if recent, before := s.mean(0, 14), s.mean(14, 42); before > 0 && !math.IsNaN(recent) {
		d.Growth = recent/before - 1
	}
	return d
}

// at is the beginning of a slot, 2006-01-02 15:04 in Shanghai.
func at(from calendar.Date, slot int) string {
	minutes := slot % SlotsPerDay * SlotSeconds / 60
	clock := [...]byte{' ', byte('0' + minutes/600), byte('0' + minutes/60%10), ':', byte('0' + minutes%60/10), byte('0' + minutes%10)}
	return from.AddDays(slot/SlotsPerDay).String() + string(clock[:])
}

// weekly is the share of the variance that the means of the hours of the week explain.
func weekly(from calendar.Date, values []float64, mean float64) float64 {
	const hours = 7 * 24
	var sum, n [hours]float64
	total, begins := 0.0, int(from.Weekday())
	for i, x := range values {
		if math.IsNaN(x) {
			continue
		}
		k := hourOfWeek(begins, i)
		sum[k], n[k] = sum[k]+x, n[k]+1
		total += (x - mean) * (x - mean)
	}
	explained := 0.0
	for k := range sum {
		if n[k] > 0 {
			d := sum[k]/n[k] - mean
			explained += n[k] * d * d
		}
	}
	// What varies by under a hundredth of the mean is steady.
	if known := sumOf(n[:]); total <= known*mean*mean*1e-4 {
		return 0
	}
	return min(1, explained/total)
}

func sumOf(values []float64) (sum float64) {
	for _, x := range values {
		sum += x
	}
	return sum
}
