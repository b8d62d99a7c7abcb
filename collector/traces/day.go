package traces

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

const (
	// Slots is the number of five-minute slots of a day.
	Slots = 288
	// SlotSeconds is the length of a slot.
	SlotSeconds = 300
	// Off stands in CPU and Memory for a slot in which the machine was powered off.
	Off = -1
)

// State says what is known of a slot.
type State uint8

// The states of a slot.
const (
	Missing State = iota // no sample
	Known                // CPU, memory or both were measured
	PoweredOff
)

// VM is the trace of one machine.
type VM struct {
	ID string
	// Days in calendar order, each once. Days without any row are not in it.
	Days []Day
}

// Day is one day of one machine. A nil series was not recorded at all.
type Day struct {
	Date calendar.Date
	// Cores and CPUMHz are the provisioned virtual CPUs and their total clock;
	// both 0 where no day up to this one tells them.
	Cores  int
	CPUMHz float64
	// MemoryMiB is the provisioned memory; 0 where it is not known.
	MemoryMiB float64
	// Carried says that the capacity was taken from an earlier day.
	Carried bool
	// CPU in MHz and Memory in MiB are the means of the 288 slots: NaN is missing,
	// Off is powered off.
	CPU, Memory []float32
	// Rates in bytes per second: means of 24 hours or of 288 slots; NaN is missing.
	Receive, Transmit, DiskRead, DiskWrite []float32
	// Below counts quiet slots of the network; zero where not recorded.
	Below Below
}

// Rates in bytes per second below which a slot of five minutes counts as quiet.
const (
	QuietReceive  = 2000
	QuietTransmit = 1000
)

// Below says in how many of the slots with a value the network was quiet, and the
// bytes of those slots.
type Below struct {
	Slots, Receive, Transmit int
	Received, Transmitted    float64
}

// quiet counts Below from series of slots.
func (d *Day) quiet() {
	if len(d.Receive) != Slots || len(d.Transmit) != Slots {
		return
	}
	d.Below = Below{}
	for slot := range Slots {
		rx, tx := At(d.Receive, slot), At(d.Transmit, slot)
		if math.IsNaN(rx) || math.IsNaN(tx) {
			continue
		}
		d.Below.Slots++
		if rx < QuietReceive {
			d.Below.Receive++
		}
		if tx < QuietTransmit {
			d.Below.Transmit++
		}
		d.Below.Received += rx * SlotSeconds
		d.Below.Transmitted += tx * SlotSeconds
	}
}

// State tells whether a slot was measured, was missing or had the machine off.
func (d *Day) State(slot int) State {
	cpu, memory := at(d.CPU, slot), at(d.Memory, slot)
	switch {
	case cpu >= 0:
		return Known
	case cpu == Off:
		return PoweredOff
	case memory >= 0:
		return Known
	case memory == Off:
		return PoweredOff
	}
	return Missing
}

// Count returns the number of slots in each state.
func (d *Day) Count() (known, missing, off int) {
	for slot := range Slots {
		switch d.State(slot) {
		case Known:
			known++
		case PoweredOff:
			off++
		default:
			missing++
		}
	}
	return known, missing, off
}

// MHzPerCore is the clock of one virtual CPU; NaN where the capacity is not known.
func (d *Day) MHzPerCore() float64 {
	if d.Cores == 0 || d.CPUMHz == 0 {
		return math.NaN()
	}
	return d.CPUMHz / float64(d.Cores)
}

// At returns the value of a series in a slot. NaN is missing, and so is a series that
// was not recorded; a series of hours gives the mean of the hour.
func At(series []float32, slot int) float64 { return float64(at(series, slot)) }

func at(series []float32, slot int) float32 {
	if len(series) == 0 {
		return nan32()
	}
	return series[slot*len(series)/Slots]
}

func nan32() float32 { return float32(math.NaN()) }

// blank returns the series of a day in which every slot is missing.
func blank() []float32 {
	s := make([]float32, Slots)
	for i := range s {
		s[i] = nan32()
	}
	return s
}

// finish sorts the days, carries a known capacity forward over days that lack it and
// returns how many those were.
func (v *VM) finish() (carried int) {
	slices.SortFunc(v.Days, func(a, b Day) int { return a.Date.Compare(b.Date) })
	for i := 1; i < len(v.Days); i++ {
		d, before := &v.Days[i], &v.Days[i-1]
		if d.Cores == 0 && before.Cores > 0 {
			d.Cores, d.CPUMHz, d.MemoryMiB, d.Carried = before.Cores, before.CPUMHz, before.MemoryMiB, true
			carried++
		}
	}
	return carried
}

// CompareID orders identifiers of machines: numbers by value, before all others.
func CompareID(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	switch {
	case errX == nil && errY == nil && x != y:
		return x - y
	case errX == nil && errY != nil:
		return -1
	case errX != nil && errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}
