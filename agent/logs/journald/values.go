package journald

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Units of time spans, in µs. A month is 30.4375 days, as everywhere in systemd.
const (
	microsecond uint64 = 1
	millisecond        = 1000 * microsecond
	second             = 1000 * millisecond
	minute             = 60 * second
	hour               = 60 * minute
	day                = 24 * hour
	week               = 7 * day
	// Month is the default of MaxFileSec: 2629800 s.
	Month uint64 = 2629800 * second
	year         = 31557600 * second

	// Forever is the time span "infinity".
	Forever uint64 = math.MaxUint64
)

type unit struct {
	suffix string
	factor uint64
}

// timeUnit finds the unit at the start of text. The first match of the order
// counts, so longer names come before their beginnings.
func timeUnit(text string) (unit, bool) {
	for _, u := range [...]unit{
		{"seconds", second},
		{"second", second},
		{"sec", second},
		{"s", second},
		{"minutes", minute},
		{"minute", minute},
		{"min", minute},
		{"months", Month},
		{"month", Month},
		{"M", Month},
		{"msec", millisecond},
		{"ms", millisecond},
		{"m", minute},
		{"hours", hour},
		{"hour", hour},
		{"hr", hour},
		{"h", hour},
		{"days", day},
		{"day", day},
		{"d", day},
		{"weeks", week},
		{"week", week},
		{"w", week},
		{"years", year},
		{"year", year},
		{"y", year},
		{"usec", microsecond},
		{"us", microsecond},
		{"\u00b5s", microsecond},
		{"\u03bcs", microsecond},
	} {
		if strings.HasPrefix(text, u.suffix) {
			return u, true
		}
	}
	return unit{factor: second}, false
}

const blank = " \t\n\r"

var (
	errNoNumber = errors.New("a number is missing")
	errUnit     = errors.New("the unit is unknown")
	errRange    = errors.New("the value is out of range")
)

// parseTimeSpan reads a time span of systemd into µs: numbers with units that
// add up, seconds where a unit is missing, or infinity.
func parseTimeSpan(text string) (uint64, error) {
	rest := strings.TrimLeft(text, blank)
	if after, ok := strings.CutPrefix(rest, "infinity"); ok && strings.Trim(after, blank) == "" {
		return Forever, nil
	}
	var total uint64
	for some := false; ; some = true {
		if rest = strings.TrimLeft(rest, blank); rest == "" {
			if !some {
				return 0, fmt.Errorf("time span %q: %w", text, errNoNumber)
			}
			return total, nil
		}
		whole, fraction, after, err := decimal(rest)
		if err != nil {
			return 0, fmt.Errorf("time span %q: %w", text, err)
		}
		spaced := strings.TrimLeft(after, blank)
		u, named := timeUnit(spaced)
		if !named && spaced == after && after != "" {
			return 0, fmt.Errorf("time span %q: %w", text, errUnit)
		}
		rest = spaced[len(u.suffix):]
		var ok bool
		if total, ok = accumulate(total, whole, fraction, u.factor); !ok || total == Forever {
			return 0, fmt.Errorf("time span %q: %w", text, errRange)
		}
	}
}

// parseSize reads a size of systemd into bytes: numbers with the units E, P, T,
// G, M, K and B to the base of 1024, in falling order.
func parseSize(text string) (uint64, error) {
	units := []unit{{"E", 1 << 60}, {"P", 1 << 50}, {"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"B", 1}, {"", 1}}
	var total uint64
	for rest := text; ; {
		whole, fraction, after, err := decimal(strings.TrimLeft(rest, blank))
		if err != nil {
			return 0, fmt.Errorf("size %q: %w", text, err)
		}
		rest = strings.TrimLeft(after, blank)
		for len(units) > 0 && !strings.HasPrefix(rest, units[0].suffix) {
			units = units[1:]
		}
		if len(units) == 0 {
			return 0, fmt.Errorf("size %q: %w", text, errUnit)
		}
		var ok bool
		if total, ok = accumulate(total, whole, fraction, units[0].factor); !ok {
			return 0, fmt.Errorf("size %q: %w", text, errRange)
		}
		if rest, units = rest[len(units[0].suffix):], units[1:]; rest == "" {
			return total, nil
		}
	}
}

// parseCount reads an unsigned number, hexadecimal, octal or binary with a prefix.
func parseCount(text string) (uint64, error) {
	if strings.ContainsAny(text, "_+") {
		return 0, fmt.Errorf("number %q: %w", text, errNoNumber)
	}
	n, err := strconv.ParseUint(strings.TrimLeft(text, blank), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("number %q: %w", text, err)
	}
	return n, nil
}

// decimal cuts a number such as 12 or 1.5 off the start of text. The fraction
// is at least 0 and less than 1.
func decimal(text string) (whole uint64, fraction float64, rest string, err error) {
	digits := func(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
	if strings.HasPrefix(text, "-") {
		return 0, 0, "", errRange
	}
	n := digits(text)
	rest = text[n:]
	if n == 0 && !strings.HasPrefix(rest, ".") {
		return 0, 0, "", errNoNumber
	}
	if n > 0 {
		if whole, err = strconv.ParseUint(text[:n], 10, 64); err != nil {
			return 0, 0, "", errRange
		}
	}
	after, dotted := strings.CutPrefix(rest, ".")
	if !dotted {
		return whole, 0, rest, nil
	}
	if n = digits(after); n == 0 {
		return 0, 0, "", errNoNumber
	}
	if fraction, err = strconv.ParseFloat("0."+after[:n], 64); err != nil {
		return 0, 0, "", errRange
	}
	return whole, fraction, after[n:], nil
}

func accumulate(total, whole uint64, fraction float64, factor uint64) (uint64, bool) {
	over, product := bits.Mul64(whole, factor)
	if over != 0 {
		return 0, false
	}
	sum, carry := bits.Add64(product, uint64(fraction*float64(factor)), 0)
	if carry != 0 {
		return 0, false
	}
	total, carry = bits.Add64(total, sum, 0)
	return total, carry == 0
}
