package rightsize

// NetworkDay is what a day says of the network of a host: in how many of its measured
// slots it received under 2 kB/s and sent under 1 kB/s, and the bytes of the day. Our
// own agent sends about a third of a kB/s, so that it does not break these tests.
type NetworkDay struct {
	Slots         int     // measured; 0 is no record
	ReceiveBelow  int     // slots under 2,000 bytes per second received
	TransmitBelow int     // slots under 1,000 bytes per second sent
	Received      float64 // bytes
	Transmitted   float64 // bytes
}

// IdleEvidence is what a rule for idle hosts looks at beside the history.
type IdleEvidence struct {
	// MHzPerCore is the clock of a core; 0 where it is not known.
	MHzPerCore float64
	// Transmit is the mean rate sent in each hour from History.From on, in bytes per
	// second; NaN is no value. Nil where it was not recorded.
	Transmit []float64
	// Network are the days from History.From on; nil where not recorded.
	Network []NetworkDay
}

// IdleRule tells hosts that do nothing. It reports false for ok where it cannot tell.
type IdleRule struct {
	Name, Title string
	Idle        func(h *History, e *IdleEvidence) (idle, ok bool)
}

// IdleRules returns the rules of other tools as published, and ours, the last one.
func IdleRules() []IdleRule {
	return []IdleRule{
		{"azure", "Azure Advisor shut-down: 7 d, P95 CPU < 3 %, last 3 days' max <= 2 %, sent < 2 % of 1 Gbit/s", idleAzure},
		{"aws", "AWS Compute Optimizer: 14 d, peak CPU < 5 %, network < 5 MB a day", idleAWS},
		{"huawei", "Huawei Cloud: 7 d, all samples <= 3 %", idleHuawei},
		{"gcp", "GCP: 14 d, CPU < 0.03 vCPU for 97 %, rx < 2 kB/s and tx < 1 kB/s for 95 %", idleGCP},
		{"vmware", "VMware: 30 d, CPU < 100 MHz for 90 %", idleVMware},
		{"yunjian", "Yunjian: no five-minute mean of CPU above 6 % in 14 d, nor above 10 % in 31 d", IdleOwn},
	}
}

// idleAzure takes a link of 1 Gbit/s, since what a machine's network can do is not known.
func idleAzure(h *History, e *IdleEvidence) (idle, ok bool) {
	const share, link = 0.02, 125e6
	week, last := peerWindow(h.CPU, 7), peerWindow(h.CPU, 3)
	sent := lastHours(h, e.Transmit, 7)
	if len(week) < fewestValues || len(last) == 0 || len(sent) == 0 {
		return false, false
	}
	return week.rank(950) < 0.03*h.Size.VCPU && last.max() <= share*h.Size.VCPU && sent.max() < share*link, true
}

// lastHours are the known hourly values of the last days of a history.
func lastHours(h *History, hours []float64, days int) peerValues {
	from := max(0, h.Days()-days) * 24
	if from >= len(hours) {
		return nil
	}
	return peerWindow(hours[from:], everything)
}

// lastNetwork are the recorded days among the last ones of a history.
func lastNetwork(h *History, days []NetworkDay, n int) (out []NetworkDay) {
	for i := max(0, h.Days()-n); i < min(len(days), h.Days()); i++ {
		if days[i].Slots > 0 {
			out = append(out, days[i])
		}
	}
	return out
}

func idleAWS(h *History, e *IdleEvidence) (idle, ok bool) {
	const days, bytes = 14, 5e6
	cpu, network := peerWindow(h.CPU, days), lastNetwork(h, e.Network, days)
	if len(cpu) < fewestValuesAWS || len(network) == 0 {
		return false, false
	}
	for _, d := range network {
		if d.Received+d.Transmitted >= bytes {
			return false, true
		}
	}
	return cpu.max() < 0.05*h.Size.VCPU, true
}

func idleHuawei(h *History, _ *IdleEvidence) (idle, ok bool) {
	cpu := peerWindow(h.CPU, 7)
	return len(cpu) >= fewestValues && cpu.max() <= 0.03*h.Size.VCPU, len(cpu) >= fewestValues
}

func idleGCP(h *History, e *IdleEvidence) (idle, ok bool) {
	const days = 14
	cpu, network := peerWindow(h.CPU, days), lastNetwork(h, e.Network, days)
	if len(cpu) < fewestValues || len(network) == 0 {
		return false, false
	}
	slots, received, sent := 0, 0, 0
	for _, d := range network {
		slots, received, sent = slots+d.Slots, received+d.ReceiveBelow, sent+d.TransmitBelow
	}
	quiet := func(n int) bool { return n*100 >= slots*95 }
	return shareBelow(cpu, 0.03) >= 0.97 && quiet(received) && quiet(sent), true
}

func idleVMware(h *History, e *IdleEvidence) (idle, ok bool) {
	cpu := peerWindow(h.CPU, 30)
	if len(cpu) < fewestValues || e.MHzPerCore <= 0 {
		return false, false
	}
	return shareBelow(cpu, 100/e.MHzPerCore) >= 0.90, true
}

// shareBelow is the share of values below a limit.
func shareBelow(values peerValues, limit float64) float64 {
	n := 0
	for _, x := range values {
		if x < limit {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

// IdleOwn is our rule: in the last 14 days no five-minute mean above 6 % of the CPU, and
// in the last 31 days none above 10 %: what runs once a month is work. It looks at CPU
// alone, so that it needs no record of the network, and cannot tell with fewer than 90 %
// of seven days' values in the last 14 days.
func IdleOwn(h *History, _ *IdleEvidence) (idle, ok bool) {
	fortnight, month := peerWindow(h.CPU, 14), peerWindow(h.CPU, 31)
	if len(fortnight) < 7*SlotsPerDay*9/10 {
		return false, false
	}
	return fortnight.max() <= 0.06*h.Size.VCPU && month.max() <= 0.10*h.Size.VCPU, true
}
