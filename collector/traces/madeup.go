package traces

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// madeUpMHz is the clock of a core of a made-up machine.
const madeUpMHz = 2400

// habit is how a made-up machine is used: shares of its cores and memory.
type habit struct {
	base, office, night, monthEnd float64 // CPU at any time, and more of it at some
	memory                        float64
	network                       float64 // bytes a second at full use
}

// habits are taken in turn, system by system in the made-up inventory by hash: idle and
// little used machines, offices, nightly batches, closings of the month, busy services.
func habits() []habit {
	return []habit{
		{base: 0.015, memory: 0.12, network: 500},
		{base: 0.04, office: 0.06, memory: 0.25, network: 4e4},
		{base: 0.05, office: 0.12, memory: 0.35, network: 2e5},
		{base: 0.03, night: 0.35, memory: 0.40, network: 3e5},
		{base: 0.06, office: 0.25, monthEnd: 0.30, memory: 0.45, network: 4e5},
		{base: 0.30, office: 0.35, memory: 0.70, network: 2e6},
		{base: 0.03, office: 0.05, memory: 0.20, network: 3e4},
		{base: 0.02, office: 0.03, memory: 0.18, network: 2e4},
	}
}

// MadeUp returns a made-up fleet over whole months, for demonstrations without recorded
// traces: the same seed gives the same values. Sizes go from 2 to 16 cores with 4 GiB a
// core; values of five minutes follow the hour, the weekday and the end of the month, with
// noise that lasts some slots. Of every twenty machines one is missing for five days, and
// one is powered off from the middle of the last month on.
func MadeUp(seed uint64, machines int, first calendar.Month, months int) []VM {
	out := make([]VM, machines)
	all := habits()
	for i := range out {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		m := madeUp{random: r, habit: all[i%len(all)], cores: 2 << r.IntN(4)}
		out[i].ID = fmt.Sprintf("made-up-%03d", i+1)
		last := first.Add(months - 1)
		for d := first.First(); !d.After(last.Last()); d = d.AddDays(1) {
			if i%20 == 7 && d.CalendarMonth() == last && d.Day >= 10 && d.Day < 15 {
				continue // nothing was recorded
			}
			off := i%20 == 12 && d.CalendarMonth() == last && d.Day >= 15
			out[i].Days = append(out[i].Days, m.day(d, off))
		}
	}
	return out
}

// madeUp is one machine.
type madeUp struct {
	habit
	random *rand.Rand
	cores  int
	noise  float64
}

func (m *madeUp) day(date calendar.Date, off bool) Day {
	d := Day{Date: date, Cores: m.cores, CPUMHz: float64(m.cores) * madeUpMHz, MemoryMiB: float64(m.cores) * 4096}
	for _, s := range []*[]float32{&d.CPU, &d.Memory, &d.Receive, &d.Transmit} {
		*s = make([]float32, Slots)
	}
	weekend := date.Weekday() == 0 || date.Weekday() == 6
	closing := date.Day > date.CalendarMonth().Days()-3
	for slot := range Slots {
		hour := float64(slot) * 24 / Slots
		share := m.base
		if !weekend {
			share += m.office * (bell(hour-10) + bell(hour-15.5)) // morning and afternoon
		}
		if hour >= 1 && hour < 4 {
			share += m.night
		}
		if closing && hour >= 9 && hour < 20 {
			share += m.monthEnd
		}
		m.noise = 0.8*m.noise + 0.2*m.random.NormFloat64()
		share = min(0.98, max(0.002, share*(1+0.5*m.noise)))
		memory := min(0.95, m.memory*(1+0.02*m.noise)+0.05*share)
		d.CPU[slot], d.Memory[slot] = float32(share*d.CPUMHz), float32(memory*d.MemoryMiB)
		d.Receive[slot], d.Transmit[slot] = float32(share*m.network), float32(share*m.network/2)
		if off {
			d.CPU[slot], d.Memory[slot] = Off, Off
			d.Receive[slot], d.Transmit[slot] = nan32(), nan32()
		}
	}
	d.quiet()
	return d
}

// bell is 1 at 0 and a third two hours away.
func bell(hours float64) float64 { return math.Exp(-hours * hours / 4) }
