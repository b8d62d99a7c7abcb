package store

import (
	"context"
	"math"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// GuardObservation is what the guard said of a changed host as of a day.
type GuardObservation struct {
	Proposal string `json:"proposal"`
	Provider string `json:"provider"`
	Unit     string `json:"unit"`
	System   string `json:"system"`
	HostID   string `json:"host_id"`
	rightsize.GuardFinding
	// Target is the size that covers the peak, of a flavour where one does.
	Target     rightsize.Size `json:"target"`
	Chinese    string         `json:"zh"`
	English    string         `json:"en"`
	ObservedAt time.Time      `json:"observed_at"`
}

// SaveGuard stores observations; a later one of the same day replaces the earlier.
func (s *Store) SaveGuard(ctx context.Context, all []GuardObservation) error {
	if len(all) == 0 {
		return nil
	}
	type seen = GuardObservation
	text := func(name, kind string, value func(*seen) string) column {
		return column{name, kind, collect(all, value)}
	}
	count := func(name string, value func(*seen) int) column {
		return column{name, "UInt32", collect(all, func(o *seen) uint32 { return uint32(value(o)) })}
	}
	number := func(name string, value func(*seen) float64) column {
		return column{name, "Float64", collect(all, value)}
	}
	maybe := func(name string, value func(*seen) calendar.Date) column {
		return column{name, "Nullable(Date)", collect(all, func(o *seen) *time.Time { return optionalDay(value(o)) })}
	}
	return s.insert(ctx, "guard_observations", []column{
		text("proposal", "String", func(o *seen) string { return o.Proposal }),
		text("provider", typeLow, func(o *seen) string { return o.Provider }),
		text("unit", "String", func(o *seen) string { return o.Unit }),
		text("system", "String", func(o *seen) string { return o.System }),
		text("host_id", "String", func(o *seen) string { return o.HostID }),
		{"day", "Date", collect(all, func(o *seen) time.Time { return dateOf(o.Day) })},
		text("state", typeLow, func(o *seen) string { return string(o.State) }),
		count("slots", func(o *seen) int { return o.Slots }),
		count("cpu_above", func(o *seen) int { return o.CPUAbove }),
		count("cpu_allowed", func(o *seen) int { return o.CPUAllowed }),
		count("memory_above", func(o *seen) int { return o.MemoryAbove }),
		number("cpu_peak", func(o *seen) float64 { return o.CPUPeak }),
		number("memory_peak_mib", func(o *seen) float64 { return o.MemoryPeak }),
		maybe("trigger_day", func(o *seen) calendar.Date { return o.Trigger }),
		maybe("due", func(o *seen) calendar.Date { return o.Due.Date }),
		number("target_vcpu", func(o *seen) float64 { return o.Target.VCPU }),
		number("target_memory_mib", func(o *seen) float64 { return o.Target.MemoryMiB }),
		text("reason_zh", "String", func(o *seen) string { return o.Chinese }),
		text("reason_en", "String", func(o *seen) string { return o.English }),
		{"observed_at", typeTime, collect(all, func(o *seen) int64 { return o.ObservedAt.Unix() })},
	})
}

// Guard returns the observations of a proposal, by host and day, of one provider or of
// all if it is empty.
func (s *Store) Guard(ctx context.Context, id, provider string) (out []GuardObservation, err error) {
	err = s.Each(ctx, query("guard_observations"), map[string]any{"proposal": id, "provider": provider}, func(scan func(...any) error) error {
		o := GuardObservation{Proposal: id}
		var (
			state                         string
			seen                          time.Time
			trigger, due                  *time.Time
			slots, above, allowed, memory uint32
		)
		err := scan(&o.Provider, &o.Unit, &o.System, &o.HostID, &seen, &state, &slots, &above, &allowed, &memory, &o.CPUPeak, &o.MemoryPeak,
			&trigger, &due, &o.Target.VCPU, &o.Target.MemoryMiB, &o.Chinese, &o.English, &o.ObservedAt)
		o.State, o.Day, o.Trigger, o.Due.Date = rightsize.GuardState(state), calendar.DateOf(seen), day(trigger), day(due)
		o.Slots, o.CPUAbove, o.CPUAllowed, o.MemoryAbove = int(slots), int(above), int(allowed), int(memory)
		o.ObservedAt = o.ObservedAt.In(Zone())
		out = append(out, o)
		return err
	})
	return out, err
}

// HostSlots returns the five-minute values of a host over whole days, both ends
// inclusive; a slot without a value is NaN.
func (s *Store) HostSlots(ctx context.Context, provider, hostID string, from, to calendar.Date) (*rightsize.History, error) {
	h := &rightsize.History{From: from}
	n := max(0, (from.DaysUntil(to)+1)*rightsize.SlotsPerDay)
	h.CPU, h.Memory = repeated(n, math.NaN()), repeated(n, math.NaN())
	values := map[string]any{"host": wire.HostKey(provider, hostID), "from": from.In(Zone()), "to": to.AddDays(1).In(Zone())}
	err := s.Each(ctx, query("host_slots"), values, func(scan func(...any) error) error {
		var slot int64
		var cpu, memory float64
		if err := scan(&slot, &cpu, &memory); err != nil {
			return err
		}
		if slot < 0 || slot >= int64(n) {
			return nil
		}
		if cpu >= 0 {
			h.CPU[slot] = cpu
		}
		if memory >= 0 {
			h.Memory[slot] = memory
		}
		return nil
	})
	return h, err
}
