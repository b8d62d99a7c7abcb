package text

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// format is one way of writing the time of a record.
type format struct {
	name string
	// find looks for the time in a line and fills the stamp. It need not check whether
	// a calendar can show it.
	find func(line []byte, s *stamp) bool
}

// formats are tried in this order: those that demand most of a line come first, since
// the loose ones also match much of what the strict ones do.
func formats() []format {
	return []format{
		{"rfc5424", findRFC5424},
		{"docker", findDocker},
		{"audit", findAudit},
		{"rfc3164", findRFC3164},
		{"iso", findISO},
		{"w3c", findW3C},
		{"ctime", findCtime},
		{"clf", findCLF},
		{"slash", findSlash},
		{"suricata", findSuricata},
		{"short", findShort},
		{"compact", findCompact},
		{"health", findHealth},
		{"monthday", findMonthDay},
		{"klog", findKlog},
		{"chinese", findChinese},
		{"tomcat", findTomcat},
		{"erlang", findErlang},
		{"jul", findJUL},
		{"redis", findRedis},
		{"apt", findApt},
		{"mysqlslow", findMySQLSlow},
		{"bgl", findBGL},
		{"epoch", findEpoch},
		{"epochjson", findEpochJSON},
		{"isoinside", findISOInside},
	}
}

// Formats are the names of the known formats, as a site may give them. Beside these a
// site may give a pattern in the manner of strftime, such as "%Y-%m-%d %H:%M:%S".
func Formats() []string {
	all := formats()
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.name
	}
	return names
}

// CheckFormat says what is wrong with the format of a site, nil if it can be used. The
// empty one stands for finding out.
func CheckFormat(name string) error {
	if name == "" {
		return nil
	}
	_, err := formatByName(name)
	return err
}

func formatByName(name string) (format, error) {
	if strings.Contains(name, "%") {
		return compile(name)
	}
	all := formats()
	if i := slices.IndexFunc(all, func(f format) bool { return f.name == name }); i >= 0 {
		return all[i], nil
	}
	return format{}, fmt.Errorf("find time format %q: want one of %s or a pattern with %%", name, strings.Join(Formats(), ", "))
}

// read gives the time of a line, if there is one that a calendar can show. The stamp is
// the caller's, who uses it again for the next line.
func (f format) read(line []byte, s *stamp) bool {
	*s = stamp{}
	if len(line) > 0 && line[0] == 0 {
		// A hole of zeros stays in a file after a crash, or where it was emptied under
		// its writer; the line begins behind it.
		line = bytes.TrimLeft(line, "\x00")
	}
	return len(line) > 0 && f.find != nil && f.find(line, s) && s.possible()
}

// sampleLines is how many lines of a block are looked at to find out the format.
const sampleLines = 200

// sureLines is how many lines suffice if one format dates every one of them.
const sureLines = 32

// detect finds out the format of the lines of a block: the first one that dates at
// least half as many lines as the one that dates most. The lines of traces and dumps,
// which have no time, do not count against any.
func detect(block []byte) (format, bool) {
	all := formats()
	counts := make([]int, len(all))
	w3c, seen := false, 0
	var s stamp
	for line := range bytes.Lines(block) {
		if seen == sampleLines || seen == sureLines && sure(counts, seen) {
			break
		}
		seen++
		line = trim(line)
		w3c = w3c || w3cHeader(line)
		for i, f := range all {
			if f.read(line, &s) {
				counts[i]++
			}
		}
	}
	most := slices.Max(counts)
	if most == 0 {
		return format{}, false
	}
	best := slices.IndexFunc(counts, func(n int) bool { return 2*n >= most })
	if w3c && all[best].name == "iso" {
		best = slices.IndexFunc(all, func(f format) bool { return f.name == "w3c" })
	}
	if !w3c && all[best].name == "w3c" {
		best = slices.IndexFunc(all, func(f format) bool { return f.name == "iso" })
	}
	return all[best], true
}

// sure reports whether the format that would be chosen dates all of the lines.
func sure(counts []int, lines int) bool {
	best := slices.IndexFunc(counts, func(n int) bool { return 2*n >= lines })
	return best >= 0 && counts[best] == lines
}

// changeLines is how many lines at the end of a block have to lack the format before
// another one is looked for, as after an upgrade that changed the template of syslog.
const changeLines = 8

// loose reports whether a format is found inside lines rather than at their beginning:
// the times in a trace or a dump are no reason to change to it.
func (f format) loose() bool {
	switch f.name {
	case "isoinside", "bgl", "epoch", "epochjson", "clf":
		return true
	}
	return false
}

// changed finds the place in a block behind which its lines have another format. It is
// the end of the block, with no format, if there is none.
func (f format) changed(block []byte) (cut int, next format) {
	cut = len(block)
	missed := 0
	var s stamp
	for cut > 0 && missed < sampleLines {
		from := bytes.LastIndexByte(bytes.TrimSuffix(block[:cut], []byte{'\n'}), '\n') + 1
		if f.read(trim(block[from:cut]), &s) {
			break
		}
		cut, missed = from, missed+1
	}
	if missed < changeLines && (cut > 0 || missed == 0) {
		return len(block), format{}
	}
	next, ok := detect(block[cut:])
	if !ok || next.loose() && !f.loose() && f.find != nil || next.name == f.name {
		return len(block), format{}
	}
	dated := 0
	for line := range bytes.Lines(block[cut:]) {
		if next.read(trim(line), &s) {
			dated++
		}
	}
	if 2*dated < missed {
		return len(block), format{}
	}
	return cut, next
}

// w3cBlock reports whether one of the lines is the header of a W3C extended log.
func w3cBlock(block []byte) bool {
	for line := range bytes.Lines(block) {
		if w3cHeader(line) {
			return true
		}
	}
	return false
}

// w3cHeader reports whether a line begins a log of the W3C extended format, whose times
// are in UTC although they look like those of the host.
func w3cHeader(line []byte) bool {
	return bytes.HasPrefix(line, []byte("#Fields: ")) && bytes.Contains(line, []byte("date")) ||
		bytes.HasPrefix(line, []byte("#Software: Microsoft Internet Information"))
}

// trim cuts the end of a line.
func trim(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }

// head is the beginning of a line, for formats whose time is not at its very start.
func head(line []byte, size int) []byte { return line[:min(len(line), size)] }

// Dated reports whether the first line of a block has a time in a format by its name, as
// a record has that follows a whole one. It is false for the middle of a line, and for
// lines that carry no time.
func Dated(block []byte, name string) bool {
	f, err := formatByName(name)
	if err != nil {
		return false
	}
	line, _, _ := bytes.Cut(block, []byte{'\n'})
	var s stamp
	return f.read(trim(line), &s)
}
