package rsyslog

import (
	"slices"
	"strconv"
	"strings"
)

// Selection says for each of the 24 facilities which severities are taken; bit s
// stands for severity s, of which 0 (emerg) is the gravest and 7 is debug.
type Selection [24]uint8

// Severities by number, as far as they are of use in questions.
const (
	SeverityInfo  = 6
	SeverityDebug = 7
)

// All takes everything.
func All() Selection {
	var s Selection
	for i := range s {
		s[i] = 0xff
	}
	return s
}

func facilities() []string {
	return strings.Fields("kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7")
}

func severities() []string {
	return strings.Fields("emerg alert crit err warning notice info debug")
}

// Takes reports whether everything of a facility down to a severity is taken. An
// unknown name is not.
func (s Selection) Takes(facility string, severity int) bool {
	i := slices.Index(facilities(), facility)
	mask := maskOf(severity)
	return i >= 0 && s[i]&mask == mask
}

// Covers reports whether all that the other takes is taken here as well.
func (s Selection) Covers(other Selection) bool {
	for i := range s {
		if other[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// Empty reports whether nothing is taken.
func (s Selection) Empty() bool { return s == Selection{} }

// Facilities are the names of those of which anything is taken.
func (s Selection) Facilities() []string {
	var names []string
	for i, name := range facilities() {
		if s[i] != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String names the selection: mail, mail.err, or kern,daemon; with the bits in
// hexadecimal where severities are picked out. Equal selections have equal names.
func (s Selection) String() string {
	if s == All() {
		return "all"
	}
	var words []string
	masks := make(map[uint8][]string)
	var order []uint8
	for i, name := range facilities() {
		if s[i] == 0 {
			continue
		}
		if masks[s[i]] == nil {
			order = append(order, s[i])
		}
		masks[s[i]] = append(masks[s[i]], name)
	}
	for _, mask := range order {
		word := strings.Join(masks[mask], ",")
		severity := slices.IndexFunc([]int{0, 1, 2, 3, 4, 5, 6, 7}, func(n int) bool { return maskOf(n) == mask })
		switch {
		case mask == 0xff:
		case severity >= 0:
			word += "." + severities()[severity]
		default:
			word += "." + strconv.FormatUint(uint64(mask), 16)
		}
		words = append(words, word)
	}
	return strings.Join(words, ";")
}

func (s Selection) and(other Selection) Selection {
	for i := range s {
		s[i] &= other[i]
	}
	return s
}

func (s Selection) or(other Selection) Selection {
	for i := range s {
		s[i] |= other[i]
	}
	return s
}

// maskOf are the severities from the gravest to this one.
func maskOf(severity int) uint8 {
	if severity < 0 {
		return 0
	}
	return uint8(1<<(min(severity, 7)+1) - 1)
}

// facilityOf gives the facilities of one word: a name, a number, or a star.
func facilityOf(word string) ([]int, bool) {
	word = strings.ToLower(word)
	switch word {
	case "*":
		var all []int
		for i := range facilities() {
			all = append(all, i)
		}
		return all, true
	case "security":
		word = "auth"
	case "mark":
		return nil, true
	}
	if i := slices.Index(facilities(), word); i >= 0 {
		return []int{i}, true
	}
	if n, err := strconv.Atoi(word); err == nil && n >= 0 && n < 24 {
		return []int{n}, true
	}
	return nil, false
}

func severityOf(word string) (int, bool) {
	word = strings.ToLower(word)
	switch word {
	case "panic":
		word = "emerg"
	case "error":
		word = "err"
	case "warn":
		word = "warning"
	}
	if i := slices.Index(severities(), word); i >= 0 {
		return i, true
	}
	n, err := strconv.Atoi(word)
	return n, err == nil && n >= 0 && n <= 7
}

// selector parses facility.priority pairs as syslogd has always done: from left to
// right, each one adding to or taking from what those before it chose.
func selector(text string) (Selection, bool) {
	var s Selection
	some := false
	for pair := range strings.SplitSeq(text, ";") {
		if pair == "" {
			continue
		}
		names, priority, ok := strings.Cut(pair, ".")
		if !ok {
			return s, false
		}
		var change func(uint8) uint8
		word, negated := strings.CutPrefix(priority, "!")
		word, exact := strings.CutPrefix(word, "=")
		switch severity, known := severityOf(word); {
		case strings.EqualFold(word, "none"):
			change = func(uint8) uint8 { return 0 }
		case word == "*" && negated:
			change = func(uint8) uint8 { return 0 }
		case word == "*":
			change = func(uint8) uint8 { return 0xff }
		case !known:
			return s, false
		case exact && negated:
			change = func(m uint8) uint8 { return m &^ (1 << severity) }
		case exact:
			change = func(m uint8) uint8 { return m | 1<<severity }
		case negated:
			change = func(m uint8) uint8 { return m &^ maskOf(severity) }
		default:
			change = func(m uint8) uint8 { return m | maskOf(severity) }
		}
		for name := range strings.SplitSeq(names, ",") {
			indices, ok := facilityOf(name)
			if !ok {
				return s, false
			}
			for _, i := range indices {
				s[i] = change(s[i])
			}
		}
		some = true
	}
	return s, some
}
