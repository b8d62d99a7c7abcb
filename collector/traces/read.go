package traces

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options of Read.
type Options struct {
	// Zone is the clock by which GWA-T-12 instants are cut into days. Default: CEST,
	// two hours ahead of UTC, where and when Bitbrains was recorded.
	Zone *time.Location
	// Problem is told of every line that is skipped; may be nil.
	Problem func(Problem)
}

// Problem is a line that could not be read.
type Problem struct {
	File   string
	Line   int
	Reason string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason) }

// Summary counts what Read found. Slots are of days that have a row.
type Summary struct {
	VMs          int `json:"vms"`
	Days         int `json:"vm_days"`
	Known        int `json:"slots_known"`
	Missing      int `json:"slots_missing"`
	Off          int `json:"slots_off"`
	Carried      int `json:"vm_days_capacity_carried"`
	Duplicates   int `json:"duplicate_rows"`
	SkippedLines int `json:"skipped_lines"`
}

// ErrLayout means that a folder holds no trace of a known layout.
var ErrLayout = errors.New("no traces found: want PREFIX_cpu_mhz.csv.gz with its sister files, or GWA-T-12 files with one CSV a machine")

// Read visits the machines of a trace folder in the order of CompareID. A line that
// cannot be read is skipped, counted and told to Options.Problem; a file that cannot
// be read ends the work. It stops at the first error of visit. GWA-T-12 folders are
// read machine by machine; the prepared tables list days of many machines and are
// held whole, with 2.5 KB a machine and day.
func Read(dir fs.FS, o Options, visit func(VM) error) (Summary, error) {
	if o.Zone == nil {
		o.Zone = time.FixedZone("CEST", 2*3600)
	}
	r := &reader{dir: dir, options: o}
	var err error
	tables, err := fs.Glob(dir, "*_cpu_mhz.csv*")
	switch {
	case err != nil:
		return r.Summary, fmt.Errorf("list traces: %w", err)
	case len(tables) > 1:
		return r.Summary, fmt.Errorf("read traces: %q and %q are in one folder; want one trace", tables[0], tables[1])
	case len(tables) == 1:
		err = r.tables(strings.TrimSuffix(strings.TrimSuffix(tables[0], ".gz"), "_cpu_mhz.csv"), visit)
	default:
		err = r.folder(visit)
	}
	return r.Summary, err
}

// reader is one pass over one folder.
type reader struct {
	Summary
	dir     fs.FS
	options Options
}

func (r *reader) problem(file string, line int, reason string) {
	r.SkippedLines++
	if r.options.Problem != nil {
		r.options.Problem(Problem{file, line, reason})
	}
}

// pass finishes a machine, counts it and hands it on.
func (r *reader) pass(v VM, visit func(VM) error) error {
	r.Carried += v.finish()
	r.Add(&v)
	return visit(v)
}

// Add counts a machine in.
func (s *Summary) Add(v *VM) {
	s.VMs++
	s.Days += len(v.Days)
	for i := range v.Days {
		known, missing, off := v.Days[i].Count()
		s.Known, s.Missing, s.Off = s.Known+known, s.Missing+missing, s.Off+off
	}
}

// folder reads GWA-T-12: PATH/ID.csv, where a machine may have a file in each of
// several month folders.
func (r *reader) folder(visit func(VM) error) error {
	files := map[string][]string{}
	err := fs.WalkDir(r.dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.EqualFold(path.Ext(name), ".csv") {
			id := strings.TrimSuffix(path.Base(name), path.Ext(name))
			files[id] = append(files[id], name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list traces: %w", err)
	}
	ids := make([]string, 0, len(files))
	for id := range files {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, CompareID)
	found := false
	for _, id := range ids {
		g := newMachine(r, id)
		for _, name := range files[id] { // WalkDir goes in lexical order
			if err := g.file(name); err != nil {
				return err
			}
		}
		if len(g.days) == 0 {
			continue
		}
		found = true
		if err := r.pass(g.vm(), visit); err != nil {
			return err
		}
	}
	if !found {
		return ErrLayout
	}
	return nil
}

// limit is above every value that can be true of a machine, in any of the units.
const limit = 1e15

// number reads a decimal number from 0 to limit. Whole numbers, which are nearly all,
// take a short way.
func number(b []byte) (float64, error) {
	whole, ok := 0, len(b) > 0 && len(b) <= 12
	for _, c := range b {
		if c < '0' || c > '9' {
			ok = false
			break
		}
		whole = whole*10 + int(c-'0')
	}
	if ok {
		return float64(whole), nil
	}
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no number", b)
	}
	if math.IsNaN(x) || x < 0 || x > limit {
		return 0, fmt.Errorf("%.40q is out of range", b)
	}
	return x, nil
}
