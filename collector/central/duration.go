package central

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/retention"
)

const day = 24 * time.Hour

// atOnce is the age, in days, of a policy that removes as soon as it may: rules/retention
// takes an age of zero for one that is not known.
const atOnce = 1e-6

// searchUnits are the units of time of Elasticsearch and OpenSearch, promUnits those of
// Loki, which also prints its settings in the form of Go; in days.
func searchUnits(unit string) (days float64, ok bool) {
	switch unit {
	case "d":
		return 1, true
	case "h":
		return 1. / 24, true
	case "m":
		return 1. / (24 * 60), true
	case "s":
		return 1. / (24 * 3600), true
	case "ms":
		return 1. / (24 * 3600 * 1e3), true
	case "micros":
		return 1. / (24 * 3600 * 1e6), true
	case "nanos":
		return 1. / (24 * 3600 * 1e9), true
	}
	return 0, false
}

func promUnits(unit string) (days float64, ok bool) {
	switch unit {
	case "y":
		return 365, true
	case "w":
		return 7, true
	case "us", "µs":
		return searchUnits("micros")
	case "ns":
		return searchUnits("nanos")
	case "micros", "nanos":
		return 0, false
	}
	return searchUnits(unit)
}

// parseAge reads a length of time such as 30d of Elasticsearch and OpenSearch, in days.
func parseAge(text string) (days float64, err error) {
	days, parts, err := sumUnits(text, searchUnits)
	if err == nil && parts > 1 {
		return 0, fmt.Errorf("read age %q: want one number with one unit, such as 200d", text)
	}
	return days, err
}

// parseLokiDuration reads a length of time such as 744h, 31d or 4464h0m0s of Loki, in
// days.
func parseLokiDuration(text string) (days float64, err error) {
	days, _, err = sumUnits(text, promUnits)
	return days, err
}

// sumUnits adds up numbers with units. A bare 0 needs none.
func sumUnits(text string, units func(string) (float64, bool)) (days float64, parts int, err error) {
	rest := strings.TrimSpace(text)
	if rest == "0" {
		return 0, 1, nil
	}
	for ; rest != ""; parts++ {
		digits := prefix(rest, "0123456789.")
		number, e := strconv.ParseFloat(digits, 64)
		rest = rest[len(digits):]
		unit := rest
		if i := strings.IndexAny(rest, "0123456789."); i >= 0 {
			unit = rest[:i]
		}
		rest = rest[len(unit):]
		size, ok := units(unit)
		if e != nil || !ok {
			return 0, 0, fmt.Errorf("read age %q: want a number with a unit, such as 200d", text)
		}
		days += number * size
	}
	if parts == 0 || math.IsInf(days, 0) {
		return 0, 0, fmt.Errorf("read age %q: want a number with a unit, such as 200d", text)
	}
	return days, parts, nil
}

// prefix returns the leading characters of text that belong to a set.
func prefix(text, set string) string {
	return text[:len(text)-len(strings.TrimLeft(text, set))]
}

// age is the policy that removes after so many days, less span.
func age(days, span float64, setting string) retention.Age {
	return retention.Age{Days: max(days, atOnce), SpanDays: span, Setting: setting}
}

// shortest returns the policy that removes first, nil if any of them was not understood
// or if there is none.
func shortest(policies []retention.Policy) (first retention.Policy) {
	left := math.Inf(1)
	for _, p := range policies {
		switch p := p.(type) {
		case retention.Never:
			if first == nil {
				first = p
			}
		case retention.Age:
			if keeps := max(p.Days-p.SpanDays, 0); keeps < left || first == nil || isNever(first) {
				left, first = keeps, p
			}
		default:
			return nil
		}
	}
	return first
}

func isNever(p retention.Policy) bool {
	_, never := p.(retention.Never)
	return never
}
