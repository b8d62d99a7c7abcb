package logrotate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// monthDays is the mean length of a month.
const monthDays = 30.4375

var errCalendar = errors.New("the schedule cannot be read")

// field counts the values of a schedule field between low and high: numbers or
// names, ranges, steps and lists of them, or * for all.
func field(text, dots string, low, high int, names []string) (int, error) {
	number := func(word string) (int, error) {
		for i, name := range names {
			if len(word) >= 3 && strings.HasPrefix(strings.ToLower(word), name) {
				return low + i, nil
			}
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < low || n > high {
			return 0, fmt.Errorf("%w: %q is not from %d to %d", errCalendar, shown(word), low, high)
		}
		return n, nil
	}
	chosen := make(map[int]bool)
	for item := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		from, to, ranged := strings.Cut(span, dots)
		first, last, step := low, high, 1
		var err error
		if span != "*" {
			if first, err = number(from); err != nil {
				return 0, err
			}
			if ranged {
				if last, err = number(to); err != nil {
					return 0, err
				}
			} else if !stepped {
				last = first
			}
		}
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return 0, fmt.Errorf("%w: step %q", errCalendar, shown(stepText))
			}
		}
		step = min(step, high+1) // no sum overflows
		for ; first <= last; first += step {
			chosen[first] = true
		}
	}
	if len(chosen) == 0 {
		return 0, fmt.Errorf("%w: %q names nothing", errCalendar, shown(text))
	}
	return len(chosen), nil
}

func months() []string {
	return strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")
}

// runsPerDay is the mean number of times a day that a systemd calendar event
// comes to pass, such as daily, Mon..Fri 06:30 or *-*-* 0/6:00:00.
func runsPerDay(event string) (float64, error) {
	switch event {
	case "minutely":
		return 1440, nil
	case "hourly":
		return 24, nil
	case "daily":
		return 1, nil
	case "weekly":
		return 1.0 / 7, nil
	case "monthly":
		return 1 / monthDays, nil
	case "quarterly":
		return 1 / (3 * monthDays), nil
	case "semiannually":
		return 1 / (6 * monthDays), nil
	case "yearly", "annually":
		return 1 / (12 * monthDays), nil
	}
	runs := 1.0
	words := strings.Fields(event)
	for i, word := range words {
		share, err := calendarWord(word, i == 0, i > 0 && i == len(words)-1)
		if err != nil {
			return 0, err
		}
		runs *= share
	}
	if len(words) == 0 {
		return 0, fmt.Errorf("%w: it is empty", errCalendar)
	}
	return runs, nil
}

// calendarWord is the share of days, or the times a day, of one part of an event.
func calendarWord(word string, first, last bool) (float64, error) {
	switch {
	case strings.Contains(word, ":"):
		parts := strings.Split(word, ":")
		if len(parts) > 3 {
			break
		}
		times := 1
		for i, part := range parts {
			n, err := field(part, "..", 0, [...]int{23, 59, 59}[i], nil)
			if err != nil {
				return 0, err
			}
			times *= n
		}
		return float64(times), nil
	case strings.Contains(word, "-") && !strings.ContainsAny(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
		parts := strings.Split(strings.ReplaceAll(word, "~", "-"), "-")
		if len(parts) == 3 && parts[0] == "*" {
			parts = parts[1:]
		}
		if len(parts) != 2 {
			break
		}
		inYear, err := field(parts[0], "..", 1, 12, nil)
		if err != nil {
			return 0, err
		}
		inMonth, err := field(parts[1], "..", 1, 31, nil)
		if err != nil {
			return 0, err
		}
		return float64(inYear) / 12 * min(1, float64(inMonth)/monthDays), nil
	case first:
		days, err := field(strings.TrimSuffix(word, ","), "..", 0, 6, strings.Fields("mon tue wed thu fri sat sun"))
		if err == nil {
			return float64(days) / 7, nil
		}
	case last: // the zone
		return 1, nil
	}
	return 0, fmt.Errorf("%w: %q", errCalendar, shown(word))
}

// cronRunsPerDay is the same for the time fields at the start of a crontab
// line. It gives the rest of the line, which begins with the user, if there is
// one, or else with the command.
func cronRunsPerDay(line string) (runs float64, rest []string, err error) {
	words := strings.Fields(line)
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		switch name := words[0][1:]; name {
		case "midnight":
			return 1, words[1:], nil
		case "reboot":
			return 0, words[1:], fmt.Errorf("%w: it runs at boot only", errCalendar)
		default:
			runs, err = runsPerDay(name)
			return runs, words[1:], err
		}
	}
	if len(words) < 6 {
		return 0, nil, fmt.Errorf("%w: fewer than five time fields and a command", errCalendar)
	}
	var counts [5]int
	for i, limits := range [5]struct {
		low, high int
		names     []string
	}{{0, 59, nil}, {0, 23, nil}, {1, 31, nil}, {1, 12, months()}, {0, 7, strings.Fields("sun mon tue wed thu fri sat")}} {
		if counts[i], err = field(words[i], "-", limits.low, limits.high, limits.names); err != nil {
			return 0, nil, err
		}
	}
	inMonth, inWeek := min(1, float64(counts[2])/monthDays), min(1, float64(counts[4])/7)
	days := inMonth * inWeek
	if !strings.HasPrefix(words[2], "*") && !strings.HasPrefix(words[4], "*") {
		days = inMonth + inWeek - days // cron runs when either day matches
	}
	return float64(counts[0]*counts[1]) * days * float64(counts[3]) / 12, words[5:], nil
}
