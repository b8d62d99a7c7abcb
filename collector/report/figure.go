package report

import (
	"encoding/json"
	"fmt"
)

// State says whether a figure is there. The zero State is Absent, so that what
// nobody sets is never read as zero.
type State uint8

// The states. Absent and None are printed differently: nothing was provided, or
// the figure does not exist because its denominator is 0.
const (
	Absent State = iota
	None
	Known
)

// Figure is a number that may be missing.
type Figure struct {
	State State
	Value float64
}

// Of is a known figure.
func Of[Number int | int64 | uint32 | uint64 | float64](v Number) Figure {
	return Figure{Known, float64(v)}
}

// Fact is the fact of that name, Absent where there is none.
func Fact(facts map[string]float64, name string) Figure {
	if v, ok := facts[name]; ok {
		return Of(v)
	}
	return Figure{}
}

// Ratio is a/b: Absent if either is, None if b is 0 or either is None.
func Ratio(a, b Figure) Figure {
	switch {
	case a.State == Absent || b.State == Absent:
		return Figure{}
	case a.State == None || b.State == None || b.Value == 0:
		return Figure{State: None}
	}
	return Of(a.Value / b.Value)
}

// MarshalJSON prints the number, null where nothing was provided, and "none"
// where the figure does not exist.
func (f Figure) MarshalJSON() ([]byte, error) {
	switch f.State {
	case Known:
		return json.Marshal(f.Value)
	case None:
		return []byte(`"none"`), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON prints.
func (f *Figure) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "null":
		*f = Figure{}
		return nil
	case `"none"`:
		*f = Figure{State: None}
		return nil
	}
	*f = Figure{State: Known}
	if err := json.Unmarshal(text, &f.Value); err != nil {
		return fmt.Errorf("read figure: %w", err)
	}
	return nil
}

// Usage is a ratio by both denominators (reports.md 0.2): all that is allocated,
// by which a host that is off counts 0, and only what was running.
type Usage struct {
	Allocated Figure
	Running   Figure
}
