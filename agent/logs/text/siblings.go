package text

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sibling is a rotated file beside its live log, such as auth.log.1 or
// auth.log-20261101.gz. One without a date is numbered.
type Sibling struct {
	Name  string
	Index int // the number of rotation, usually from 1; 0 with a date
	// Date is what the name says, on a clock whose zone the name does not say: it is
	// written in UTC here, but is no instant. Only an epoch in a name is one.
	Date time.Time
}

// packed reports the endings that programs of compression give to a name, also those
// that Open does not know: such a file is a segment all the same.
func packed(name string) (string, bool) {
	for _, ending := range []string{".gz", ".xz", ".bz2", ".zst", ".zstd", ".lz4", ".lzma", ".Z", ".zip"} {
		if rest, ok := strings.CutSuffix(name, ending); ok {
			return rest, true
		}
	}
	return name, false
}

// Siblings picks from the names of a folder the rotated files of the live one: numbered
// or dated behind its name, or, as with logrotate's extension, before its ending, and
// compressed or not. They come with numbers first, from the newest to the oldest.
//
// Names such as catalina.2026-11-01.log are not picked, since the program that writes
// them has no live file of which they would be siblings; .old and .bak are no rotation.
func Siblings(names []string, live string) []Sibling {
	var found []Sibling
	if live == "" {
		return nil
	}
	stem, extension := live, ""
	if dot := strings.LastIndexByte(live, '.'); dot > 0 {
		stem, extension = live[:dot], live[dot:]
	}
	for _, name := range names {
		plain, _ := packed(name)
		if plain == live || name == live {
			continue // the live one, or a copy that somebody made
		}
		if rest, ok := strings.CutPrefix(plain, live); ok {
			if s, ok := sibling(rest, true); ok {
				s.Name = name
				found = append(found, s)
				continue
			}
		}
		if extension == "" {
			continue
		}
		rest, ok := strings.CutPrefix(plain, stem)
		if !ok {
			continue
		}
		if rest, ok = strings.CutSuffix(rest, extension); !ok {
			continue
		}
		if s, ok := sibling(rest, false); ok {
			s.Name = name
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b Sibling) int {
		if a.Date.IsZero() != b.Date.IsZero() {
			if a.Date.IsZero() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Index, b.Index), b.Date.Compare(a.Date), cmp.Compare(a.Name, b.Name))
	})
	return found
}

// sibling reads what rotation put into a name, with its separator. Behind the whole name
// a date may be written in more ways than before the ending.
func sibling(mark string, behind bool) (Sibling, bool) {
	if len(mark) < 2 {
		return Sibling{}, false
	}
	separator, text := mark[0], mark[1:]
	if separator != '.' && separator != '-' && separator != '_' {
		return Sibling{}, false
	}
	if separator == '.' && len(text) <= 5 && digits(text) {
		index, err := strconv.Atoi(text)
		return Sibling{Index: index}, err == nil
	}
	if separator == '.' && !behind && strings.Contains(text, "-") {
		return Sibling{}, false
	}
	date, ok := nameDate(text)
	return Sibling{Date: date}, ok
}

func digits(text string) bool {
	for i := range len(text) {
		if !digit(text[i]) {
			return false
		}
	}
	return text != ""
}

// nameDate reads the dates that logrotate's dateformat usually makes.
func nameDate(text string) (time.Time, bool) {
	if len(text) > 24 || text == "" || !digit(text[0]) || !digit(text[len(text)-1]) {
		return time.Time{}, false
	}
	for _, layout := range []string{
		"20060102", "2006010215", "200601021504", "20060102150405", "200601", "2006-01-02", "2006-01-02-15", "2006-01-02_15",
		"2006-01-02-1504", "2006-01-02-15-04", "2006-01-02-15-04-05", "2006-01-02T15-04-05", "20060102-15", "20060102-1504", "20060102-150405",
		"2006-01", "2006_01_02", "2006.01.02",
	} {
		if date, err := time.Parse(layout, text); err == nil && date.Year() >= 1990 && date.Year() < 2100 {
			return date, true
		}
	}
	if day, epoch, ok := strings.Cut(text, "-"); ok && len(day) == 8 && len(epoch) == 10 { // -%Y%m%d-%s
		if _, ok := nameDate(day); ok {
			text = epoch
		}
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) == 10 && seconds >= 1e9 {
		return time.Unix(seconds, 0).UTC(), true
	}
	return time.Time{}, false
}

// The kinds of holes in a chain of siblings.
const (
	ChainIndex = "chain_index"
	ChainDate  = "chain_date"
)

// ChainGap says that rotated files are missing between two present ones, of which the
// names are given so that their times can be found.
type ChainGap struct {
	Kind string // chain_index or chain_date
	// Older and Newer are the neighbours; Newer is empty where it is the live file.
	Older, Newer string
	Missing      int // files
}

// regularNames is how many dates are needed to see that they are regular, and
// regularShare of how many of the distances between them have to be the same: 3 of 4.
const regularNames = 5

// ChainGaps finds the missing files in the siblings of one log: a number between the
// live file or a present one and the next, or a date, where the dates follow each other
// by an hour, a day, a week or a month.
//
// A log that is not rotated while it is empty leaves out dates without any loss: what
// its neighbours say decides.
func ChainGaps(siblings []Sibling) []ChainGap {
	var numbered, dated []Sibling
	for _, s := range siblings {
		if s.Date.IsZero() {
			numbered = append(numbered, s)
		} else {
			dated = append(dated, s)
		}
	}
	return append(indexGaps(numbered), dateGaps(dated)...)
}

func indexGaps(numbered []Sibling) []ChainGap {
	slices.SortStableFunc(numbered, func(a, b Sibling) int { return cmp.Compare(a.Index, b.Index) })
	var gaps []ChainGap
	before := Sibling{} // the live file
	for _, s := range numbered {
		if missing := s.Index - before.Index - 1; missing > 0 {
			gaps = append(gaps, ChainGap{ChainIndex, s.Name, before.Name, missing})
		}
		before = s
	}
	return gaps
}

func dateGaps(dated []Sibling) []ChainGap {
	slices.SortStableFunc(dated, func(a, b Sibling) int { return a.Date.Compare(b.Date) })
	dated = slices.CompactFunc(dated, func(a, b Sibling) bool { return a.Date.Equal(b.Date) })
	if len(dated) < regularNames {
		return nil
	}
	for _, next := range []func(time.Time) time.Time{
		func(t time.Time) time.Time { return t.Add(time.Hour) },
		func(t time.Time) time.Time { return t.AddDate(0, 0, 1) },
		func(t time.Time) time.Time { return t.AddDate(0, 0, 7) },
		func(t time.Time) time.Time { return t.AddDate(0, 1, 0) },
	} {
		regular := 0
		for i, s := range dated[1:] {
			if next(dated[i].Date).Equal(s.Date) {
				regular++
			}
		}
		if 4*regular < 3*(len(dated)-1) {
			continue
		}
		var gaps []ChainGap
		for i, s := range dated[1:] {
			missing := 0
			for at := next(next(dated[i].Date)); !at.After(s.Date); at = next(at) {
				missing++
			}
			if missing > 0 {
				gaps = append(gaps, ChainGap{ChainDate, dated[i].Name, s.Name, missing})
			}
		}
		return gaps
	}
	return nil
}
