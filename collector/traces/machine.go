package traces

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Places of the columns of a GWA-T-12 file that are used.
const (
	gwaTime = iota
	gwaCores
	gwaCapacityMHz
	gwaUsedMHz
	gwaCapacityKB
	gwaUsedKB
	gwaDiskRead
	gwaDiskWrite
	gwaReceive
	gwaTransmit
	gwaColumns
)

// gwaHeads are the heads of those columns up to their unit.
var gwaHeads = [gwaColumns]string{
	gwaTime: "timestamp", gwaCores: "cpu cores", gwaCapacityMHz: "cpu capacity provisioned", gwaUsedMHz: "cpu usage [mhz]",
	gwaCapacityKB: "memory capacity provisioned", gwaUsedKB: "memory usage", gwaDiskRead: "disk read throughput",
	gwaDiskWrite: "disk write throughput", gwaReceive: "network received throughput", gwaTransmit: "network transmitted throughput",
}

// machine gathers the days of one GWA-T-12 machine. A size is the last one of a day.
type machine struct {
	reader *reader
	id     string
	days   map[calendar.Date]*Day
	places [gwaColumns]int
	fields [][]byte
	day    *Day // of the last row, since rows of a day follow each other
}

func newMachine(r *reader, id string) *machine {
	return &machine{reader: r, id: id, days: map[calendar.Date]*Day{}}
}

func (m *machine) vm() VM {
	v := VM{ID: m.id, Days: make([]Day, 0, len(m.days))}
	for _, d := range m.days {
		d.quiet()
		v.Days = append(v.Days, *d)
	}
	return v
}

func (m *machine) file(name string) (err error) {
	f, err := m.reader.dir.Open(name)
	if err != nil {
		return fmt.Errorf("read traces: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return m.read(f, name)
}

func (m *machine) read(in io.Reader, name string) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, maxLine), maxLine)
	for line := 1; scanner.Scan(); line++ {
		text := bytes.TrimSpace(scanner.Bytes())
		switch {
		case line == 1:
			if err := m.heads(text); err != nil {
				return fmt.Errorf("read %s: line 1: %w", name, err)
			}
		case len(text) > 0:
			if err := m.row(text); err != nil {
				m.reader.problem(name, line, err.Error())
			}
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// split cuts a line at its semicolons and removes the white space about the fields.
func (m *machine) split(text []byte) [][]byte {
	m.fields = m.fields[:0]
	for more := true; more; {
		var f []byte
		f, text, more = bytes.Cut(text, []byte(";"))
		m.fields = append(m.fields, bytes.TrimSpace(f))
	}
	return m.fields
}

func (m *machine) heads(text []byte) error {
	fields := m.split(text)
	for want, head := range gwaHeads {
		m.places[want] = -1
		for i, f := range fields {
			if strings.HasPrefix(strings.ToLower(string(f)), head) {
				m.places[want] = i
				break
			}
		}
		if m.places[want] < 0 {
			return fmt.Errorf("no column %q: this is no GWA-T-12 file", head)
		}
	}
	return nil
}

// row takes one row. Its instant is snapped down to the grid of five minutes; a second
// row of a slot replaces the first. Provisioned CPU of 0 means powered off: that is
// how Bitbrains records it.
func (m *machine) row(text []byte) error {
	fields := m.split(text)
	var v [gwaColumns]float64
	for i, place := range m.places {
		if place >= len(fields) {
			return fmt.Errorf("%d fields; want at least %d", len(fields), place+1)
		}
		var err error
		if v[i], err = number(fields[place]); err != nil {
			return fmt.Errorf("column %q: %w", gwaHeads[i], err)
		}
	}
	if v[gwaTime] < 1 || v[gwaTime] >= 1e11 {
		return fmt.Errorf("time %.0f is not in seconds since 1970", v[gwaTime])
	}
	if v[gwaCores] != math.Trunc(v[gwaCores]) || v[gwaCores] > 4096 {
		return fmt.Errorf("%v is no number of cores", v[gwaCores])
	}
	local := time.Unix(int64(v[gwaTime]), 0).In(m.reader.options.Zone)
	d := m.of(calendar.DateOf(local))
	slot := (local.Hour()*3600 + local.Minute()*60 + local.Second()) / SlotSeconds
	if d.State(slot) != Missing {
		m.reader.Duplicates++
	}
	d.put(slot, &v)
	return nil
}

func (m *machine) of(date calendar.Date) *Day {
	if m.day != nil && m.day.Date == date {
		return m.day
	}
	d := m.days[date]
	if d == nil {
		d = &Day{
			Date: date, CPU: blank(), Memory: blank(), Receive: blank(), Transmit: blank(),
			DiskRead: blank(), DiskWrite: blank(),
		}
		m.days[date] = d
	}
	m.day = d
	return d
}

// put stores a row: memory in KB of 1024 bytes, rates in KB/s of 1000 bytes, as the
// prepared tables of the same trace count them.
func (d *Day) put(slot int, v *[gwaColumns]float64) {
	if v[gwaCores] == 0 || v[gwaCapacityMHz] == 0 {
		d.CPU[slot], d.Memory[slot] = Off, Off
		for _, s := range [][]float32{d.Receive, d.Transmit, d.DiskRead, d.DiskWrite} {
			s[slot] = nan32()
		}
		return
	}
	d.Cores, d.CPUMHz, d.MemoryMiB = int(v[gwaCores]), v[gwaCapacityMHz], v[gwaCapacityKB]/1024
	d.CPU[slot], d.Memory[slot] = float32(v[gwaUsedMHz]), float32(v[gwaUsedKB]/1024)
	d.Receive[slot], d.Transmit[slot] = float32(v[gwaReceive]*1000), float32(v[gwaTransmit]*1000)
	d.DiskRead[slot], d.DiskWrite[slot] = float32(v[gwaDiskRead]*1000), float32(v[gwaDiskWrite]*1000)
}
