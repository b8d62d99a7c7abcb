package app

import (
	"cmp"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// log4j2 reads one configuration of Log4j 2, in XML or as properties.
type log4j2 struct {
	*reader
	name       string
	properties map[string]string
}

// kind is what an element is: its name, or its type where the strict notation or
// properties are used.
func kind(n *node) string {
	return strings.ToLower(cmp.Or(n.attrs["type"], n.name))
}

func (l *log4j2) read(root *node) {
	maps.Copy(l.properties, root.child("property").attrs)
	root.walk(func(n *node) {
		if n.name == "property" && n.attrs["name"] != "" {
			l.properties[n.attrs["name"]] = cmp.Or(strings.TrimSpace(n.text), n.attrs["value"])
		}
	})
	root.walk(func(n *node) {
		switch kind(n) {
		case "file", "randomaccessfile", "memorymappedfile":
			if n.attrs["filename"] != "" {
				l.log(n, nil)
			}
		case "rollingfile", "rollingrandomaccessfile":
			l.log(n, l.removals(n))
		}
	})
}

func (l *log4j2) attr(n *node, name string) string {
	return strings.TrimSpace(expand(n.attrs[name], l.properties))
}

func (l *log4j2) log(n *node, removals []Removal) {
	at := Origin{l.name, n.line}
	log := Log{Program: Log4j2, Origin: at, Removals: removals}
	archive := ""
	if pattern := l.attr(n, "filepattern"); pattern != "" {
		name, ok := l.resolve(conversions(pattern), l.name)
		if !ok {
			l.problem(at, ErrRelative)
			return
		}
		archive = stars(name)
	}
	if file := l.attr(n, "filename"); file != "" {
		name, ok := l.resolve(file, l.name)
		if !ok {
			l.problem(at, ErrRelative)
			return
		}
		log.Path = stars(name)
		if archive != "" {
			log.Archives = []string{archive}
		}
	} else {
		log.Path, log.Single = archive, true
	}
	if log.Path == "" {
		l.problem(at, ErrSyntax)
		return
	}
	log.Role = roleOf(log.Path)
	l.add(log)
}

// parts are the elements of an appender that decide about removal.
type parts struct {
	size     int64 // of the policy by size, 0 without one
	timed    bool
	interval float64 // periods per file
	cron     bool
	strategy *node
	delete   *node
}

func (l *log4j2) parts(appender *node) parts {
	p := parts{interval: 1}
	appender.walk(func(n *node) {
		switch kind(n) {
		case "sizebasedtriggeringpolicy":
			if p.size, _ = javaSize(l.attr(n, "size")); p.size == 0 {
				p.size = 10 << 20 // the default
			}
		case "timebasedtriggeringpolicy":
			p.timed = true
			if f, err := strconv.ParseFloat(l.attr(n, "interval"), 64); err == nil && f >= 1 && f < 1000 {
				p.interval = f
			}
		case "crontriggeringpolicy":
			p.cron = true
		case "defaultrolloverstrategy", "directwriterolloverstrategy":
			p.strategy = n
		case "delete":
			p.delete = n
		}
	})
	return p
}

// removals are what the strategy of an appender removes. The number of a strategy
// limits the files of one period if there is a date in the pattern, and all files if
// there is none.
func (l *log4j2) removals(appender *node) []Removal {
	p := l.parts(appender)
	pattern := l.attr(appender, "filepattern")
	days := period(pattern) * p.interval
	var removals []Removal
	if p.delete != nil {
		removals = append(removals, l.deletions(p, days)...)
	}
	strategy := p.strategy
	if strategy == nil {
		strategy = &node{line: appender.line}
	}
	setting := "max"
	if kind(strategy) == "directwriterolloverstrategy" {
		setting = "maxFiles"
	}
	text := l.attr(strategy, strings.ToLower(setting))
	at := Origin{l.name, strategy.line}
	switch {
	case setting == "maxFiles" && text == "", strings.EqualFold(l.attr(strategy, "fileindex"), "nomax"), !strings.Contains(pattern, "%i"):
		return removals
	case days > 0:
		// The limit is for one period: whether it is reached, the volume of a day decides.
		if p.size > 0 {
			l.problem(at, ErrPeriod)
		}
		return removals
	case p.size == 0 || p.cron:
		return append(removals, Removal{Kind: Unknown, Setting: setting, Origin: at, Reason: "the files are closed by neither size nor date"})
	}
	keep := 7
	if text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return append(removals, Removal{Kind: Unknown, Setting: setting, Origin: at, Reason: ErrNumber.Error()})
		}
		keep = n
	}
	return append(removals, Removal{Kind: ByCount, Keep: keep, FileBytes: p.size, Setting: setting, Origin: at})
}

// deletions are those of a Delete action. All of its conditions have to hold, so that
// nothing goes before the age that one of them states; without an age, what each of
// them removes counts.
func (l *log4j2) deletions(p parts, days float64) []Removal {
	var ages, others []Removal
	unclear := false
	p.delete.walk(func(n *node) {
		at := Origin{l.name, n.line}
		switch kind(n) {
		case "iflastmodified":
			removal := Removal{Kind: ByAge, Setting: "IfLastModified age", Origin: at}
			var ok bool
			if removal.Days, ok = duration(l.attr(n, "age")); !ok {
				removal.Kind, removal.Reason = Unknown, ErrNumber.Error()
			}
			ages = append(ages, removal)
		case "ifaccumulatedfilecount":
			count, err := strconv.Atoi(l.attr(n, "exceeds"))
			if err != nil || days == 0 && p.size == 0 {
				others = append(others, Removal{Kind: Unknown, Setting: "IfAccumulatedFileCount exceeds", Origin: at, Reason: ErrNumber.Error()})
				return
			}
			if days > 0 {
				others = append(others, Removal{Kind: ByCount, Keep: count, IntervalDays: days, Setting: "IfAccumulatedFileCount exceeds", Origin: at})
			}
			if p.size > 0 {
				others = append(others, Removal{Kind: ByCount, Keep: count, FileBytes: p.size, Setting: "IfAccumulatedFileCount exceeds", Origin: at})
			}
		case "ifaccumulatedfilesize":
			removal := Removal{Kind: ByCount, Keep: 1, Setting: "IfAccumulatedFileSize exceeds", Origin: at}
			var ok bool
			if removal.FileBytes, ok = javaSize(l.attr(n, "exceeds")); !ok {
				removal.Kind, removal.Reason = Unknown, ErrNumber.Error()
			}
			others = append(others, removal)
		case "ifnot", "ifany", "scriptcondition":
			unclear = true
		}
	})
	switch {
	case unclear || len(ages)+len(others) == 0:
		return []Removal{{Kind: Unknown, Setting: "Delete", Origin: Origin{l.name, p.delete.line}, Reason: "the conditions are not understood"}}
	case len(ages) > 0:
		return ages
	}
	return others
}

// duration reads P30D, 30d or P1DT12H into days.
func duration(text string) (float64, bool) {
	m := regexp.MustCompile(`(?i)^P?(?:([0-9]{1,7})D)?(?:T?(?:([0-9]{1,7})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?$`).FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, false
	}
	days, some := 0.0, false
	for i, unit := range []float64{1, 1.0 / 24, 1.0 / 1440, 1.0 / 86400} {
		if n, err := strconv.ParseFloat(m[i+1], 64); err == nil {
			days += n * unit
			some = true
		}
	}
	return days, some
}
