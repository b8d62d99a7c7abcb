package rightsize

import (
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// evidence sums up a history, in room for its values.
func evidence(h *History, decided calendar.Date, room *[]float64) Evidence {
	cpu, known := demand(h, h.CPU, room)
	memory, _ := demand(h, h.Memory, room)
	e := Evidence{From: h.From, To: decided.AddDays(-1), CPU: cpu, Memory: memory}
	due := len(h.CPU)
	for _, off := range h.Off {
		if off {
			due--
		}
	}
	if due > 0 {
		e.Coverage = min(1, float64(known)/float64(due))
	}
	for _, x := range h.Peak {
		if x > e.CPU.Within {
			e.CPU.Within = x
		}
	}
	return e
}

// demand sums up one series, and counts its values. All is zero where nothing was measured.
func demand(h *History, values []float64, room *[]float64) (d Demand, known int) {
	all := slices.Grow((*room)[:0], len(values))
	sum, at := 0.0, -1
	for i, x := range values {
		if !(x >= 0) { // NaN, too
			continue
		}
		all, sum = append(all, x), sum+x
		if at < 0 || x > values[at] {
			at = i
		}
	}
	*room = all
	if at < 0 {
		return d, 0
	}
	d = Demand{Mean: sum / float64(len(all)), Max: values[at], MaxAt: slotTime(h.From, at)}
	d.Weekly = weekly(h.From, values, d.Mean)
	// A month of growth is twice what lies between the last two weeks and the two before.
	recent, before := mean(lastDays(values, 0, 14)), mean(lastDays(values, 14, 42))
	if before > 0 && !math.IsNaN(recent) {
		d.Growth = recent/before - 1
	}
	d.P95, d.P99 = peerValues(all).rank(950), peerValues(all).rank(990)
	return d, len(all)
}

// lastDays are the values of the days [from, to) before the decision.
func lastDays(values []float64, from, to int) []float64 {
	end := max(0, len(values)-from*SlotsPerDay)
	return values[max(0, len(values)-to*SlotsPerDay):end]
}

// mean is that of the known values; NaN without any.
func mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, x := range values {
		if x >= 0 {
			sum, n = sum+x, n+1
		}
	}
	return sum / float64(n)
}

// slotTime is the beginning of a slot, 2006-01-02 15:04 in Shanghai.
func slotTime(from calendar.Date, slot int) string {
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
