package store

import (
	"context"
	"time"
)

// Span is the time and the provider that facts are asked for.
type Span struct {
	From, To time.Time
	// Provider limits the facts to its hosts; empty takes all.
	Provider string
	// Workdays are the working days in the span, as 2006-01-02.
	Workdays []string
}

func (s Span) parameters() map[string]any {
	return map[string]any{"from": s.From, "to": s.To, "provider": s.Provider, "workdays": s.Workdays, "by": "system"}
}

// HostFacts are the facts of one allocated host in a span.
type HostFacts struct {
	Provider, HostID, System string
	VCPU                     uint32
	MemoryMiB, DiskGiB       uint64
	Standby                  bool
	// AtEnd says that the host was still allocated at the end of the span.
	AtEnd            bool
	AllocatedSeconds uint64
	ObservedSeconds  uint64
	OffSeconds       uint64
	// Facts by the names that the rules use; one that is not known is absent.
	Facts map[string]float64
}

// Coverage is F1 of the host: observed seconds over the seconds in which it was
// allocated and not known to be off. It is not ok when nothing was due.
func (h *HostFacts) Coverage() (ratio float64, ok bool) {
	return coverage(h.ObservedSeconds, h.AllocatedSeconds, h.OffSeconds)
}

func coverage(observed, allocated, off uint64) (float64, bool) {
	if allocated <= off {
		return 0, false
	}
	return min(1, float64(observed)/float64(allocated-off)), true
}

var hostFactNames = [...]string{
	"cpu_avg", "cpu_p95", "cpu_max", "cpu_peak", "cpu_p95_working_hours", "memory_avg", "memory_p95", "memory_max",
	"cpu_avg_running", "cpu_p95_running", "memory_avg_running", "memory_p95_running", "network_avg_mbps", "storage_used_ratio",
}

// HostFacts returns the facts of every host that is allocated in the span.
func (s *Store) HostFacts(ctx context.Context, span Span) (out []HostFacts, err error) {
	err = s.Each(ctx, query("facts_series")+query("facts_host"), span.parameters(), func(scan func(...any) error) error {
		h := HostFacts{}
		var standby, atEnd uint8
		to := []any{
			&h.Provider, &h.HostID, &h.System, &h.VCPU, &h.MemoryMiB, &h.DiskGiB, &standby, &atEnd,
			&h.AllocatedSeconds, &h.ObservedSeconds, &h.OffSeconds,
		}
		var values [len(hostFactNames)]*float64
		if err := scan(appendPointers(to, values[:])...); err != nil {
			return err
		}
		h.Standby, h.AtEnd = standby == 1, atEnd == 1
		h.Facts = present(hostFactNames[:], values[:])
		out = append(out, h)
		return nil
	})
	return out, err
}

// appendPointers adds a place to scan into for every value.
func appendPointers(to []any, values []*float64) []any {
	for i := range values {
		to = append(to, &values[i])
	}
	return to
}

// present makes the facts from the values that are not NULL.
func present(names []string, values []*float64) map[string]float64 {
	facts := make(map[string]float64, len(names)+4)
	for i, v := range values {
		if v != nil {
			facts[names[i]] = *v
		}
	}
	return facts
}

var systemFactNames = [...]string{
	"cpu_avg", "cpu_p95", "cpu_max", "cpu_p95_working_hours", "memory_avg", "memory_p95", "memory_max",
	"cpu_avg_running", "cpu_p95_running", "memory_avg_running", "memory_p95_running",
}

// SystemFacts returns the facts of every information system for which something
// was observed in the span. Coverage is not among them: see Coverage.
func (s *Store) SystemFacts(ctx context.Context, span Span) (map[string]map[string]float64, error) {
	return s.partyFacts(ctx, span, "system")
}

// UnitFacts returns the same facts of every using unit, by its code: percentiles
// are of the series summed over all hosts of the unit (F4). Hosts of systems that
// the inventory does not know are under the empty code.
func (s *Store) UnitFacts(ctx context.Context, span Span) (map[string]map[string]float64, error) {
	return s.partyFacts(ctx, span, "unit")
}

// ProviderFacts returns the same facts of every provider, by its id.
func (s *Store) ProviderFacts(ctx context.Context, span Span) (map[string]map[string]float64, error) {
	return s.partyFacts(ctx, span, "provider")
}

func (s *Store) partyFacts(ctx context.Context, span Span, by string) (map[string]map[string]float64, error) {
	out, values := map[string]map[string]float64{}, span.parameters()
	values["by"] = by
	err := s.Each(ctx, query("facts_series")+query("facts_system"), values, func(scan func(...any) error) error {
		var party string
		var values [len(systemFactNames)]*float64
		if err := scan(appendPointers([]any{&party}, values[:])...); err != nil {
			return err
		}
		out[party] = present(systemFactNames[:], values[:])
		return nil
	})
	return out, err
}

// SystemCoverage is F1 of an information system, and what part of its vCPUs
// belongs to hosts whose own F1 reaches the gate (reports.md E 2).
type SystemCoverage struct {
	Allocated, Observed, Off uint64  // seconds over all hosts
	Hosts                    int     // hosts allocated in the span
	VCPUSeconds              float64 // allocated vCPU seconds
	CoveredVCPUSeconds       float64 // those of hosts that reach the gate
}

// Coverage is F1 of the system; not ok when nothing was due.
func (c *SystemCoverage) Coverage() (float64, bool) { return coverage(c.Observed, c.Allocated, c.Off) }

// Coverage returns the coverage of every system with an allocated host. gate is
// the coverage that a single host must reach to count as covered.
func (s *Store) Coverage(ctx context.Context, span Span, gate float64) (map[string]*SystemCoverage, error) {
	out := map[string]*SystemCoverage{}
	err := s.Each(ctx, query("facts_series")+query("facts_coverage"), span.parameters(), func(scan func(...any) error) error {
		var system, host string
		var vcpuSeconds, allocated, observed, off uint64
		if err := scan(&system, &host, &vcpuSeconds, &allocated, &observed, &off); err != nil {
			return err
		}
		c := out[system]
		if c == nil {
			c = &SystemCoverage{}
			out[system] = c
		}
		c.Hosts++
		c.Allocated, c.Observed, c.Off = c.Allocated+allocated, c.Observed+observed, c.Off+off
		c.VCPUSeconds += float64(vcpuSeconds)
		if ratio, ok := coverage(observed, allocated, off); !ok || ratio >= gate {
			c.CoveredVCPUSeconds += float64(vcpuSeconds) // a host that was off all the time owes nothing
		}
		return nil
	})
	return out, err
}

// DayFacts are the facts of one host on one day.
type DayFacts struct {
	Provider, HostID string
	Day              time.Time // midnight in Shanghai
	Facts            map[string]float64
}

// daySeconds is the length of a day; Shanghai has no other.
const daySeconds = 24 * 3600

// DayFacts returns the facts of every allocated host for each day of the span on
// which anything is known of it.
func (s *Store) DayFacts(ctx context.Context, span Span) (out []DayFacts, err error) {
	err = s.Each(ctx, query("facts_series")+query("facts_day"), span.parameters(), func(scan func(...any) error) error {
		var d DayFacts
		var observed, off uint64
		var values [3]*float64
		if err := scan(appendPointers([]any{&d.Provider, &d.HostID, &d.Day, &observed, &off}, values[:])...); err != nil {
			return err
		}
		d.Day = time.Date(d.Day.Year(), d.Day.Month(), d.Day.Day(), 0, 0, 0, 0, Zone())
		d.Facts = present([]string{"cpu_p95", "memory_p95", "network_bytes"}, values[:])
		d.Facts["powered_off"] = 0
		if off >= daySeconds {
			d.Facts["powered_off"] = 1
		}
		if ratio, ok := coverage(observed, daySeconds, off); ok {
			d.Facts["coverage"] = ratio
		}
		out = append(out, d)
		return nil
	})
	return out, err
}
