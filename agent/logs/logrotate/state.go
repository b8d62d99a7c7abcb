package logrotate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Rotated is when a log was last rotated, or first seen.
type Rotated struct {
	File string
	Last time.Time // zero for a log that the state file calls never rotated
}

// State is the memory of logrotate. A log that is not in it will not rotate at
// the next run, unless by size: the first sight only writes the state.
type State struct {
	Version int
	Logs    []Rotated // in the order of the file
}

// ErrState means a state file that the program refuses, and then rotates nothing.
var ErrState = errors.New("bad logrotate state file")

// StateFiles are where distributions keep the state, the most usual first.
func StateFiles() []string {
	return []string{"var/lib/logrotate/status", "var/lib/logrotate/logrotate.status", "var/lib/logrotate.status"}
}

// ReadState reads a state file of version 1, dates only, or 2. Its times have
// no zone; zone is that of the host. An error that wraps ErrState names the
// line, and is final for the program as well.
func ReadState(r io.Reader, zone *time.Location) (State, error) {
	var state State
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		if number == 1 {
			switch line {
			case "logrotate state -- version 1":
				state.Version = 1
			case "logrotate state -- version 2":
				state.Version = 2
			default:
				return State{}, fmt.Errorf("%w: line 1 does not name version 1 or 2", ErrState)
			}
			continue
		}
		if line == "" {
			continue
		}
		words, err := splitWords(line)
		if err != nil || len(words) != 2 {
			return State{}, fmt.Errorf("%w: line %d has not a log and a date", ErrState, number)
		}
		last, err := stateTime(words[1], zone)
		if err != nil {
			return State{}, fmt.Errorf("%w: line %d: %w", ErrState, number, err)
		}
		state.Logs = append(state.Logs, Rotated{words[0], last})
	}
	if err := lines.Err(); err != nil {
		return State{}, fmt.Errorf("read state: %w", err)
	}
	return state, nil
}

// stateTime reads 2026-8-31 or 2026-8-31-6:25:1, the digits without padding.
func stateTime(text string, zone *time.Location) (time.Time, error) {
	var at [6]int
	separators := "---::"
	rest, fields := text, 0
	for ; fields < len(at); fields++ {
		value, after := integerOf(rest)
		if after == rest {
			break
		}
		at[fields] = value
		if rest = after; rest == "" || fields == len(at)-1 || rest[0] != separators[fields] {
			fields++
			break
		}
		rest = rest[1:]
	}
	if fields != 3 && fields != len(at) {
		return time.Time{}, fmt.Errorf("%q is no date", shown(text))
	}
	year, month, day := at[0], at[1], at[2]
	if year != 1900 && (year < 1970 || year > 2100) || month < 1 || month > 12 || day < 0 || day > 31 ||
		at[3] < 0 || at[3] > 23 || at[4] < 0 || at[4] > 59 || at[5] < 0 || at[5] > 59 {
		return time.Time{}, fmt.Errorf("%q is out of range", shown(text))
	}
	if year == 1900 {
		return time.Time{}, nil
	}
	return time.Date(year, time.Month(month), day, at[3], at[4], at[5], 0, zone), nil
}

// integerOf cuts a decimal number off the start of text.
func integerOf(text string) (value int, rest string) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	for _, c := range text[:min(digits, 9)] {
		value = value*10 + int(c-'0')
	}
	return value, text[digits:]
}
