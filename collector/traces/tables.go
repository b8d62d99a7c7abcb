package traces

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// maxLine is the longest line that is read, in bytes; 288 values take under 4 KB.
const maxLine = 64 << 10

// maxID bounds the identifier of a machine.
const maxID = 64

// table is one prepared file: vm,day and then values of the day.
type table struct {
	name     string // behind the prefix
	columns  int    // values in a row
	optional bool
	// off says that -1 means powered off; elsewhere no value is negative.
	off bool
	set func(d *Day, values []float32)
}

// tables reads the files of one prefix. A machine and day exists if any file but the
// one of capacities has a row for it.
func (r *reader) tables(prefix string, visit func(VM) error) error {
	vms := map[string]map[calendar.Date]*Day{}
	for _, t := range []table{
		{name: "cpu_mhz", columns: Slots, off: true, set: func(d *Day, v []float32) { d.CPU = v }},
		{name: "mem_mib", columns: Slots, off: true, set: func(d *Day, v []float32) { d.Memory = v }},
		{name: "net_rx_bps", columns: 24, optional: true, set: func(d *Day, v []float32) { d.Receive = v }},
		{name: "net_tx_bps", columns: 24, optional: true, set: func(d *Day, v []float32) { d.Transmit = v }},
		{name: "net5m_below", columns: 5, optional: true, set: setBelow},
		{name: "capacity", columns: 3, set: setCapacity},
	} {
		if err := r.file(prefix, t, vms); err != nil {
			return err
		}
	}
	if len(vms) == 0 {
		return ErrLayout
	}
	for _, id := range slices.SortedFunc(maps.Keys(vms), CompareID) {
		v := VM{ID: id, Days: make([]Day, 0, len(vms[id]))}
		for _, d := range vms[id] {
			v.Days = append(v.Days, *d)
		}
		if err := r.pass(v, visit); err != nil {
			return err
		}
	}
	return nil
}

func setCapacity(d *Day, v []float32) {
	d.Cores, d.CPUMHz, d.MemoryMiB = int(v[0]), float64(v[1]), float64(v[2])
}

func setBelow(d *Day, v []float32) {
	d.Below = Below{Slots: int(v[0]), Receive: int(v[1]), Transmit: int(v[2]), Received: float64(v[3]), Transmitted: float64(v[4])}
}

// file reads one table, compressed or plain.
func (r *reader) file(prefix string, t table, vms map[string]map[calendar.Date]*Day) (err error) {
	name := prefix + "_" + t.name + ".csv.gz"
	f, err := r.dir.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		name = strings.TrimSuffix(name, ".gz")
		f, err = r.dir.Open(name)
	}
	if errors.Is(err, fs.ErrNotExist) && t.optional {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read traces: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	if err := r.lines(in, name, t, vms); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func (r *reader) lines(in io.Reader, name string, t table, vms map[string]map[calendar.Date]*Day) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, maxLine), maxLine)
	seen := map[*Day]bool{}
	for line := 1; scanner.Scan(); line++ {
		text := bytes.TrimSuffix(scanner.Bytes(), []byte("\r"))
		if line == 1 {
			if !bytes.HasPrefix(text, []byte("vm,day,")) {
				return fmt.Errorf("line 1: %.60q is no head; want vm,day,…", text)
			}
			continue
		}
		id, date, values, err := t.row(text)
		if err != nil {
			r.problem(name, line, err.Error())
			continue
		}
		days := vms[string(id)]
		if days == nil {
			if t.name == "capacity" {
				continue // a size without any use is no machine
			}
			days = map[calendar.Date]*Day{}
			vms[string(id)] = days
		}
		d := days[date]
		if d == nil {
			if t.name == "capacity" {
				continue
			}
			d = &Day{Date: date}
			days[date] = d
		}
		if seen[d] {
			r.Duplicates++ // the last one wins
		}
		seen[d] = true
		t.set(d, values)
	}
	return scanner.Err()
}

// row reads one line of a table.
func (t *table) row(text []byte) (id []byte, date calendar.Date, values []float32, err error) {
	id, text, _ = bytes.Cut(text, []byte(","))
	if len(id) == 0 || len(id) > maxID || bytes.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c == 0xFFFD }) {
		return nil, date, nil, fmt.Errorf("%.40q is no identifier of a machine", id)
	}
	day, text, more := bytes.Cut(text, []byte(","))
	if date, err = calendar.ParseDate(string(day)); err != nil {
		return nil, date, nil, fmt.Errorf("%.40q is no day; want 2013-07-01", day)
	}
	values = make([]float32, 0, t.columns)
	for more {
		var cell []byte
		cell, text, more = bytes.Cut(text, []byte(","))
		v, err := t.cell(cell)
		if err != nil {
			return nil, date, nil, fmt.Errorf("value %d: %w", len(values)+1, err)
		}
		if len(values) == t.columns {
			return nil, date, nil, fmt.Errorf("more than %d values", t.columns)
		}
		values = append(values, v)
	}
	if len(values) != t.columns {
		return nil, date, nil, fmt.Errorf("%d values; want %d", len(values), t.columns)
	}
	if t.name == "capacity" && !plausible(values) {
		return nil, date, nil, errors.New("want cores from 1 to 4096, and CPU MHz and memory MiB above 0")
	}
	return id, date, values, nil
}

// plausible tells whether a row of capacities can be true. Cores are whole; memory
// may be a mean over a day on which it changed.
func plausible(v []float32) bool {
	return v[0] >= 1 && v[0] <= 4096 && v[0] == float32(int(v[0])) && v[1] > 0 && v[2] > 0
}

func (t *table) cell(b []byte) (float32, error) {
	switch {
	case len(b) == 0:
		return nan32(), nil
	case t.off && string(b) == "-1":
		return Off, nil
	}
	v, err := number(b)
	return float32(v), err
}
