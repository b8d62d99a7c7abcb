package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the table.
type row struct {
	Section string  `json:"section"`
	What    string  `json:"what"`
	Unit    string  `json:"unit"`
	Figure  float64 `json:"figure"`
	Limit   float64 `json:"limit,omitempty"` // 0: there is no target
	AtLeast bool    `json:"at_least,omitempty"`
	Peer    string  `json:"peer,omitempty"` // the figure of another program in this run
	Verdict string  `json:"verdict"`        // met, MISSED or empty
}

// sectionRun says how long a section took and how busy the machine was.
type sectionRun struct {
	Name       string `json:"name"`
	Took       string `json:"took"`
	LoadBefore string `json:"load_before"`
	LoadAfter  string `json:"load_after"`
}

// report is the whole outcome.
type report struct {
	Machine  string       `json:"machine"`
	Began    time.Time    `json:"began"`
	Quick    bool         `json:"quick"`
	Rows     []row        `json:"rows"`
	Notes    []string     `json:"notes"`
	Sections []sectionRun `json:"sections"`
}

// bench is one run.
type bench struct {
	options
	dir     string // temporary, with a short path, since the engine's socket is below it
	errOut  io.Writer
	section string
	report  report
}

func newBench(o options, errOut io.Writer) (*bench, error) {
	for _, p := range []*string{&o.bin, &o.profiles} {
		abs, err := filepath.Abs(*p)
		if err != nil {
			return nil, fmt.Errorf("find folder: %w", err)
		}
		*p = abs
	}
	for _, name := range []string{"yunjian-collector", "yunjian-agent"} {
		if _, err := os.Stat(filepath.Join(o.bin, name)); err != nil {
			return nil, fmt.Errorf("%w: run make build first", err)
		}
	}
	if err := os.MkdirAll(o.profiles, 0o755); err != nil {
		return nil, fmt.Errorf("make folder for profiles: %w", err)
	}
	dir, err := os.MkdirTemp("", "yjbench")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	machine := fmt.Sprintf("%d CPUs %s, Linux %s, %s", runtime.NumCPU(), cpuModel(), firstLine("/proc/sys/kernel/osrelease"), runtime.Version())
	return &bench{options: o, dir: dir, errOut: errOut, report: report{Machine: machine, Began: time.Now(), Quick: o.quick}}, nil
}

// say prints progress.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.errOut, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

// note keeps a line for below the table.
func (b *bench) note(format string, args ...any) {
	text := b.section + ": " + fmt.Sprintf(format, args...)
	b.report.Notes = append(b.report.Notes, text)
	b.say("%s", text)
}

// most adds a row whose figure should be at most limit; 0 is no target. It
// reports whether the target was met.
func (b *bench) most(what, unit string, figure, limit float64, peer string) bool {
	return b.add(row{What: what, Unit: unit, Figure: figure, Limit: limit, Peer: peer}, figure <= limit)
}

// least adds a row whose figure should be at least limit.
func (b *bench) least(what, unit string, figure, limit float64, peer string) {
	b.add(row{What: what, Unit: unit, Figure: figure, Limit: limit, AtLeast: true, Peer: peer}, figure >= limit)
}

func (b *bench) add(r row, met bool) bool {
	r.Section = b.section
	if r.Limit != 0 {
		r.Verdict = "MISSED"
		if met {
			r.Verdict = "met"
		}
	}
	b.report.Rows = append(b.report.Rows, r)
	b.say("%s: %s %s; target %s %s; %s", r.What, number(r.Figure), r.Unit, r.target(), r.Verdict, r.Peer)
	return met
}

// none adds a row whose figure, a number of rows, must be 0.
func (b *bench) none(what string, figure int) {
	r := row{Section: b.section, What: what, Unit: "rows", Figure: float64(figure), Verdict: "met"}
	if figure != 0 {
		r.Verdict = "MISSED"
	}
	b.report.Rows = append(b.report.Rows, r)
}

func (r row) target() string {
	switch {
	case r.Limit == 0 && r.Verdict != "":
		return "0"
	case r.Limit == 0:
		return "-"
	case r.AtLeast:
		return ">= " + number(r.Limit)
	}
	return "<= " + number(r.Limit)
}

// number prints three digits or more, with commas between thousands.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) || v >= 1000:
		text := fmt.Sprintf("%.0f", v)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		return text
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (r report) print(out io.Writer) {
	fmt.Fprintf(out, "Yunjian benchmark, %s, %s\n", r.Began.Format(time.RFC3339), r.Machine)
	if r.Quick {
		fmt.Fprintln(out, "QUICK: sizes are small, so no figure below stands for the real one.")
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SECTION\tWHAT\tFIGURE\tUNIT\tTARGET\tVERDICT\tPEER IN THIS RUN")
	missed := 0
	for _, row := range r.Rows {
		verdict := row.Verdict
		if verdict == "" {
			verdict = "-"
		}
		if verdict == "MISSED" {
			missed++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Section, row.What, number(row.Figure), row.Unit, row.target(), verdict, row.Peer)
	}
	_ = w.Flush() // a reader that is gone sees nothing anyway
	fmt.Fprintf(out, "\n%d targets missed\n", missed)
	for _, n := range r.Notes {
		fmt.Fprintln(out, "  "+strings.ReplaceAll(n, "\n", "\n    "))
	}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "section %-12s %8s, load average %s before, %s after\n", s.Name, s.Took, s.LoadBefore, s.LoadAfter)
	}
}
