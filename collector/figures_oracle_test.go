package collector_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// The figures of the fixture by their definitions (reports.md 0.3), computed from what the
// fixture was made of: slot by slot, in whole numbers, with no function of the program but the
// calendar's arithmetic of months.

// gauge is a ratio over the slots of a month: used over what was allocated (F3, F5) of hosts
// that were observed or known to be off.
type gauge struct {
	used, of int
	values   []float64
	sorted   []float64
	slots    []int // of the values
	weights  []int // what was allocated at them
}

func (g *gauge) add(slot, used, of int) {
	g.used, g.of = g.used+used, g.of+of
	g.values, g.slots, g.weights = append(g.values, float64(used)/float64(of)), append(g.slots, slot), append(g.weights, of)
}

func (g *gauge) mean() float64 { return float64(g.used) / float64(g.of) }

// p95 is the nearest rank, ceil(0.95 n), counted from 1 (F4).
func (g *gauge) p95() float64 {
	if g.sorted == nil {
		g.sorted = slices.Sorted(slices.Values(g.values))
	}
	return nearest(g.sorted, 95)
}

func nearest(sorted []float64, q int) float64 { return sorted[(q*len(sorted)+99)/100-1] }

func rank(values []float64, q int) float64 { return nearest(slices.Sorted(slices.Values(values)), q) }

func (g *gauge) peak() (value float64, slot int) {
	value = slices.Max(g.values)
	return value, g.slots[slices.Index(g.values, value)]
}

// gauged are some hosts in a month.
type gauged struct {
	cpu, memory               gauge // by allocation
	cpuRuns, memoryRuns       gauge // only what runs
	cpuWorks, memoryWorks     gauge // on working days from 9 to 18
	storage, storageWorks     gauge
	network, networkWorks     gauge // bytes over 300 seconds, of all hosts
	days                      []gauge
	memoryDays                []gauge
	hoursDue, hoursSeen       float64
	hoursOff, hoursAllocated  float64
	vcpu, memoryMiB, diskGiB  int // at the end of the month
	hosts                     int
	storageUsed, storageOf    int // MiB at the end, of hosts that tell
	networkMean, networkHosts float64
}

// works says whether a day of the fixture is a working day. In September 2026 Sunday the 20th is
// worked and Friday the 25th is a holiday; July and August have none (notice of the State
// Council for 2026).
func works(day time.Time) bool {
	weekday := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
	if day.Month() == time.September && (day.Day() == 20 || day.Day() == 25) {
		return !weekday
	}
	return weekday
}

// slotBytes is what our own traffic leaves of a host's network in five minutes.
func slotBytes(h *fixtureHost) int { return int(h.networkBytes) - 100 }

// definitions computes months of parties, each once.
type definitions struct {
	t    *testing.T
	done map[string]*gauged
}

// of is a month of a party.
func (d *definitions) of(month time.Month, p figureParty) *gauged {
	key := month.String() + " " + p.id
	if d.done[key] == nil {
		d.done[key] = gaugeHosts(month, p.belongs)
	}
	return d.done[key]
}

// gaugeHosts computes a month of the hosts that belong.
func gaugeHosts(month time.Month, belongs func(*fixtureHost) bool) *gauged {
	g := &gauged{}
	days := fixtureMonth().Add(int(month - time.September)).Days()
	september := month == time.September
	var hosts []fixtureHost
	for _, h := range fixtureHosts() {
		if belongs(&h) && (h.since == 0 || september) {
			hosts = append(hosts, h)
		}
	}
	for day := range days {
		var cpuDay, memoryDay gauge
		date := time.Date(2026, month, day+1, 0, 0, 0, 0, time.UTC)
		for b := day * bucketsADay; b < (day+1)*bucketsADay; b++ {
			var cpu, cpuOf, cpuOn, cpuAll, memory, memoryOf, memoryOn, memoryAll, storage, storageOf, diskAll, bytes, told int
			for i := range hosts {
				h := &hosts[i]
				if h.since > 0 && b < (h.since-1)*bucketsADay {
					continue
				}
				size := h.sizeAt(month, b)
				off := september && b < h.offDays*bucketsADay
				seen := !off && !h.silent && (!september || !h.missing(b))
				g.hoursAllocated += 1 / 12.0
				cpuAll, memoryAll, diskAll = cpuAll+1000*size.vcpu, memoryAll+size.memoryMiB, diskAll+1024*h.diskGiB
				switch {
				case off:
					g.hoursOff += 1 / 12.0
				default:
					g.hoursDue += 1 / 12.0
				}
				if !off && !seen {
					continue
				}
				cpuOf, memoryOf, told = cpuOf+1000*size.vcpu, memoryOf+size.memoryMiB, told+size.vcpu
				if off {
					continue
				}
				g.hoursSeen += 1 / 12.0
				c, m := h.used(month, b)
				cpu, cpuOn, memory, memoryOn = cpu+c, cpuOn+1000*size.vcpu, memory+m, memoryOn+size.memoryMiB
				bytes += slotBytes(h)
				if h.storageMiB != nil && h.diskGiB > 0 {
					storage, storageOf = storage+h.storageMiB(b), storageOf+1024*h.diskGiB
				}
			}
			hour := b % bucketsADay / 12
			working := works(date) && hour >= 9 && hour < 18
			// An instant counts if 90 % of the allocation was seen at it (E 2).
			if cpuOf > 0 && 10*cpuOf >= 9*cpuAll {
				g.cpu.add(b, cpu, cpuOf)
				cpuDay.add(b, cpu, cpuOf)
				if cpuOn > 0 {
					g.cpuRuns.add(b, cpu, cpuOn)
				}
				if working {
					g.cpuWorks.add(b, cpu, cpuOf)
				}
			}
			if memoryOf > 0 && 10*memoryOf >= 9*memoryAll {
				g.memory.add(b, memory, memoryOf)
				memoryDay.add(b, memory, memoryOf)
				if memoryOn > 0 {
					g.memoryRuns.add(b, memory, memoryOn)
				}
				if working {
					g.memoryWorks.add(b, memory, memoryOf)
				}
			}
			if storageOf > 0 && 10*storageOf >= 9*diskAll {
				g.storage.add(b, storage, storageOf)
				if working {
					g.storageWorks.add(b, storage, storageOf)
				}
			}
			if told > 0 && 10*1000*told >= 9*cpuAll {
				g.network.add(b, bytes, 300)
				if working {
					g.networkWorks.add(b, bytes, 300)
				}
			}
		}
		g.days, g.memoryDays = append(g.days, cpuDay), append(g.memoryDays, memoryDay)
	}
	last := days*bucketsADay - 1
	for i := range hosts {
		h := &hosts[i]
		size := h.sizeAt(month, last)
		g.hosts, g.vcpu, g.memoryMiB, g.diskGiB = g.hosts+1, g.vcpu+size.vcpu, g.memoryMiB+size.memoryMiB, g.diskGiB+h.diskGiB
		if h.silent {
			continue
		}
		if h.storageMiB != nil {
			g.storageUsed, g.storageOf = g.storageUsed+h.storageMiB(last), g.storageOf+1024*h.diskGiB
		}
		// A host that is off sends nothing: its mean is over all slots but those of which
		// nothing is known.
		on, known := 0.0, 0.0
		for b := range days * bucketsADay {
			off := september && b < h.offDays*bucketsADay
			if off || (!september || !h.missing(b)) {
				known++
			}
			if !off && (!september || !h.missing(b)) {
				on++
			}
		}
		g.networkMean += on * mbps(float64(slotBytes(h))) / known
		g.networkHosts++
	}
	return g
}

// mbps turns bytes in five minutes into megabits a second.
func mbps(bytes float64) float64 { return bytes * 8 / 300 / 1e6 }

// coverage is F1.
func (g *gauged) coverage() float64 { return g.hoursSeen / g.hoursDue }

// stored is F6 at the end of the month; known unless hosts with less than 90 % of the disk told
// of it.
func (g *gauged) stored() (float64, bool) {
	if g.storageOf == 0 || 10*g.storageOf < 9*1024*g.diskGiB {
		return 0, false
	}
	return float64(g.storageUsed) / float64(g.storageOf), true
}

// score is F17: weights 0.5, 0.3 and 0.2 of what lies between 40 and 70, 40 and 80, 50 and 85 %.
func (g *gauged) score() (float64, bool) {
	storage, known := g.stored()
	part := func(ratio, low, high float64) float64 {
		switch x := 100 * ratio; {
		case x < low:
			return x / low
		case x > high:
			return max(0, 1-(x-high)/(100-high))
		}
		return 1
	}
	return 100 * (0.5*part(g.cpu.p95(), 40, 70) + 0.3*part(g.memory.p95(), 40, 80) + 0.2*part(storage, 50, 85)), known
}

// growth is F6: GiB a day between the first and the last look of a host in September, and the
// days until its disk is full.
func growth(h *fixtureHost) (perDay, days float64, grows bool) {
	first, last := h.offDays*bucketsADay, 30*bucketsADay-1
	between := float64(last-first) / bucketsADay
	perDay = float64(h.storageMiB(last)-h.storageMiB(first)) / 1024 / between
	if perDay <= 0 {
		return perDay, 0, false
	}
	return perDay, (float64(h.diskGiB) - float64(h.storageMiB(last))/1024) / perDay, true
}

// at is the local time of a slot of a month.
func slotTime(month time.Month, slot int) time.Time {
	return calendar.Month{Year: 2026, Month: month}.Start(store.Zone()).Add(time.Duration(slot) * 5 * time.Minute)
}

func sizeText(vcpu, gib, disk float64) string {
	if vcpu == 0 && gib == 0 && disk > 0 { // of a saving
		return fmt.Sprintf("云硬盘 %s GiB", num(disk).text)
	}
	text := fmt.Sprintf("%s 核 %s GiB", num(vcpu).text, num(gib).text)
	if disk > 0 {
		text += fmt.Sprintf(" 云硬盘 %s GiB", num(disk).text)
	}
	return text
}
