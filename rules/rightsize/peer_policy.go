package rightsize

import "math"

// Fewest five-minute values for which the peers recommend anything.
const (
	fewestValues    = 100 // KRR's own limit, taken for those that publish none
	fewestValuesAWS = 360 // Compute Optimizer: 30 hours of metrics
)

// everything is longer than any history, in days.
const everything = 1 << 20

// Peers returns the rules of other tools as their makers published them by November
// 2026, the simple rules that people use without a tool, and F10. Each is computed
// from the five-minute means that all of them get here; those that want samples inside
// the slots see less than they would in their own place.
func Peers() []Policy {
	return []Policy{
		{"keep", "keep", keepNeed},
		{"vpa-target", "VPA target (P90 decay24h +15%)", vpaNeed(0.90, 0.90, false)},
		{"vpa-upper", "VPA upper bound (P95 +15% x(1+1/d))", vpaNeed(0.95, 0.95, true)},
		{"krr", "KRR simple (P95 14d; mem max+15%)", krrNeed},
		{"aws-default", "AWS CO default (P99.5/20% 14d)", awsNeed(14, 995, 0.20, 0.20)},
		{"aws-32d", "AWS CO default, 32d lookback", awsNeed(32, 995, 0.20, 0.20)},
		{"aws-93d", "AWS CO default, 93d lookback", awsNeed(93, 995, 0.20, 0.20)},
		{"aws-max-savings", "AWS CO max-savings (P90/0% 14d)", awsNeed(14, 900, 0, 0.10)},
		{"aws-balanced", "AWS CO balanced (P95/30% 14d)", awsNeed(14, 950, 0.30, 0.30)},
		{"aws-max-performance", "AWS CO max-perf (P99.5/30% 14d)", awsNeed(14, 995, 0.30, 0.30)},
		{"azure-non-user", "Azure Advisor non-user (P95<=80%,P99<=80% 7d)", azureNeed(7, 0.80, 0.80)},
		{"azure-user-facing", "Azure Advisor user-facing (40%/60% 7d)", azureNeed(7, 0.40, 0.60)},
		{"azure-non-user-30d", "Azure non-user 30d", azureNeed(30, 0.80, 0.80)},
		{"autopilot", "Autopilot MW (P95 load-adj 12h; mem max 14d; +15%)", autopilotNeed},
		{"turbonomic", "Turbonomic-like (P95 30d, util 70%/90%)", turbonomicNeed},
		{"max-31d", "Max 31d", maxNeed(31, 1)},
		{"max-31d-x1.25", "Max 31d x1.25", maxNeed(31, 1.25)},
		{"max-all", "Max all history", maxNeed(everything, 1)},
		{"f10", "F10 (max month P95/65%, peak<=90%; mem P99/80%; cut<=50%)", f10Need},
	}
}

// keepNeed asks for what there is.
func keepNeed(h *History) (Need, bool) { return Need{h.Size.VCPU, h.Size.MemoryMiB}, true }

// vpaNeed is the recommender of the Kubernetes Vertical Pod Autoscaler 1.8: a decaying
// histogram of CPU and of daily peaks of memory, both with a half-life of 24 hours and
// a margin of 15 %. The upper bound grows by 1/days of confidence.
func vpaNeed(cpuQuantile, memoryQuantile float64, upper bool) func(*History) (Need, bool) {
	const margin, firstCPU, firstMemory, mib = 1.15, 0.01, 1e7, 1 << 20
	return func(h *History) (Need, bool) {
		cpu := decayed(h.CPU, everything, 1, false)
		if len(cpu) < fewestValues {
			return Need{}, false
		}
		days := len(h.Memory) / SlotsPerDay
		peaks := make([]weighted, 0, days)
		for day := range days {
			peak := peerWindow(h.Memory[day*SlotsPerDay:(day+1)*SlotsPerDay], 1).max()
			if !math.IsNaN(peak) {
				peaks = append(peaks, weighted{peak, math.Exp2(-(float64(days-1-day) + 0.5))})
			}
		}
		n := Need{
			CPU:    bucketEnd(max(weightedRank(cpu, cpuQuantile), 1e-9), firstCPU) * margin,
			Memory: bucketEnd(max(weightedRank(peaks, memoryQuantile)*mib, 1), firstMemory) / mib * margin,
		}
		if upper {
			widened := 1 + SlotsPerDay/float64(len(cpu))
			n.CPU, n.Memory = n.CPU*widened, n.Memory*widened
		}
		return Need{max(n.CPU, 0.025), max(n.Memory, 250)}, true
	}
}

// bucketEnd is the upper end of the exponential bucket that holds v; the first one
// ends at first, each is 5 % wider than the one before.
func bucketEnd(v, first float64) float64 {
	const growth = 1.05
	n := math.Floor(math.Log(v*(growth-1)/first+1) / math.Log(growth))
	return first * (math.Pow(growth, n+1) - 1) / (growth - 1)
}

// krrNeed is the simple strategy of Robusta KRR: 14 days, P95 of CPU, the maximum of
// memory and 15 %; at least 10 millicores and 100 MiB.
func krrNeed(h *History) (Need, bool) {
	cpu := peerWindow(h.CPU, 14)
	if len(cpu) < fewestValues {
		return Need{}, false
	}
	return Need{max(cpu.rank(950), 0.010), max(peerWindow(h.Memory, 14).max()*1.15, 100)}, true
}

// awsNeed is AWS Compute Optimizer with a percentile of CPU in thousandths, the maximum
// of memory, and a headroom for each as a share of the new size.
func awsNeed(days, thousandths int, cpuHeadroom, memoryHeadroom float64) func(*History) (Need, bool) {
	return func(h *History) (Need, bool) {
		cpu := peerWindow(h.CPU, days)
		if len(cpu) < fewestValuesAWS {
			return Need{}, false
		}
		return Need{cpu.rank(thousandths) / (1 - cpuHeadroom), peerWindow(h.Memory, days).max() / (1 - memoryHeadroom)}, true
	}
}

// azureNeed is Azure Advisor: maxima of 30 minutes, of which P95 of CPU and P99 of
// memory may fill the given share of the new size.
func azureNeed(days int, cpuShare, memoryShare float64) func(*History) (Need, bool) {
	const slots = 6
	return func(h *History) (Need, bool) {
		from := max(0, len(h.CPU)-days*SlotsPerDay)
		cpu := blocks(h.CPU[from:], slots)
		if len(cpu) < fewestValues {
			return Need{}, false
		}
		return Need{cpu.rank(950) / cpuShare, blocks(h.Memory[min(from, len(h.Memory)):], slots).rank(990) / memoryShare}, true
	}
}

// autopilotNeed is the moving window of Google Autopilot (Rzadca et al., EuroSys 2020):
// P95 of CPU weighted by load and with a half-life of 12 hours, the maximum of memory
// over 14 days, both and 15 %.
func autopilotNeed(h *History) (Need, bool) {
	const margin = 1.15
	cpu := decayed(h.CPU, 28, 0.5, true)
	if len(cpu) < fewestValues {
		return Need{}, false
	}
	memory := peerWindow(h.Memory, 14).max()
	if math.IsNaN(memory) {
		memory = peerWindow(h.Memory, 28).max()
	}
	return Need{weightedRank(cpu, 0.95) * margin, memory * margin}, true
}

// turbonomicNeed follows IBM Turbonomic: P95 of 30 days at a target utilisation of
// 70 % for CPU and 90 % for memory.
func turbonomicNeed(h *History) (Need, bool) {
	cpu := peerWindow(h.CPU, 30)
	if len(cpu) < fewestValues {
		return Need{}, false
	}
	return Need{cpu.rank(950) / 0.7, peerWindow(h.Memory, 30).rank(950) / 0.9}, true
}

// maxNeed is the highest value of a window, times a factor.
func maxNeed(days int, factor float64) func(*History) (Need, bool) {
	return func(h *History) (Need, bool) {
		cpu := peerWindow(h.CPU, days)
		if len(cpu) < fewestValues {
			return Need{}, false
		}
		return Need{cpu.max() * factor, peerWindow(h.Memory, days).max() * factor}, true
	}
}

// f10Need is F10 of the reports: of the last three calendar months, the highest P95 of
// CPU fills 65 % and the highest value 90 % of the new size, the highest P99 of memory
// 80 %; no more than half is cut at once.
func f10Need(h *History) (Need, bool) {
	if len(peerWindow(h.CPU, everything)) < fewestValues {
		return Need{}, false
	}
	days := h.Days()
	until := h.From.AddDays(days) // the day of the decision
	start := until.AddDays(-1).CalendarMonth().Add(-2).First()
	n := Need{math.NaN(), math.NaN()}
	for day := max(0, h.From.DaysUntil(start)); day < days; {
		next := min(days, h.From.DaysUntil(h.From.AddDays(day).CalendarMonth().Next().First()))
		month := func(series []float64) peerValues {
			return peerWindow(series[min(day*SlotsPerDay, len(series)):min(next*SlotsPerDay, len(series))], everything)
		}
		cpu := month(h.CPU)
		n.CPU = larger(n.CPU, larger(cpu.max()/0.90, cpu.rank(950)/0.65))
		n.Memory = larger(n.Memory, month(h.Memory).rank(990)/0.80)
		day = next
	}
	return Need{max(n.CPU, h.Size.VCPU/2), max(n.Memory, h.Size.MemoryMiB/2)}, !math.IsNaN(n.CPU)
}

// larger is the larger of two numbers, or the one that is a number.
func larger(a, b float64) float64 {
	if math.IsNaN(a) || b > a {
		return b
	}
	return a
}
