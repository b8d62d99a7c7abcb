package replay

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// File is one CSV table of the inventory.
type File struct {
	Name string // in the order in which the tables are imported
	Kind string // table of `inventory import --kind`
	Data []byte // UTF-8 with a byte order mark, as spreadsheets want it
}

const (
	mostSystems     = 60
	hostsPerSystem  = 6
	systemsPerUnit  = 4
	platformID      = "replay-platform"
	yuanPerCore     = 40 // a month; made up, as the note in every row says
	yuanPerGibibyte = 20
)

// Inventory makes up an inventory in which the machines of the traces are allocated:
// one provider with one platform, information systems and using units to which
// stable hashes of the identifiers assign the machines, flavours of the provisioned
// sizes, and a row of a host for every day on which its size changes. Every machine is
// in service before the first replayed month, since a trace does not say when one was
// delivered. A few systems were cut over lately, and a few systems and hosts are
// exempted. The same traces give the same bytes.
func Inventory(vms []traces.VM, provider string, s Shift) ([]File, error) {
	t, err := readTexts()
	if err != nil {
		return nil, err
	}
	first, last, ok := span(vms)
	if !ok {
		return nil, ErrNoTraces
	}
	g := generator{
		texts: t, provider: provider, shift: s, flavors: map[size]bool{},
		first: first.CalendarMonth().Add(s.Months).First(), last: last.CalendarMonth().Add(s.Months).Last(),
		systems: max(1, min(mostSystems, (len(vms)+hostsPerSystem-1)/hostsPerSystem)),
	}
	g.units = max(1, (g.systems+systemsPerUnit-1)/systemsPerUnit)
	hosts := g.hosts(vms)
	var files []File
	for i, table := range []struct {
		kind string
		head []string
		rows [][]string
	}{
		{"providers", t.Provider.Head, [][]string{{provider, t.Provider.Name}}},
		{"platforms", t.Platform.Head, [][]string{{platformID, t.Platform.Name, t.Platform.Kind, provider}}},
		{"units", t.Units.Head, g.unitRows()},
		{"systems", t.Systems.Head, g.systemRows()},
		{"flavors", t.Flavors.Head, g.flavorRows()},
		{"hosts", t.Hosts.Head, hosts},
		{"exemptions", t.Exemptions.Head, g.exemptions(vms)},
	} {
		if len(table.rows) == 0 {
			continue // a small fleet may have no exemption, and a table without rows is refused
		}
		data, err := g.csv(table.head, table.rows)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", table.kind, err)
		}
		files = append(files, File{fmt.Sprintf("%d-%s.csv", i+1, table.kind), table.kind, data})
	}
	return files, nil
}

// generator holds what the tables share.
type generator struct {
	texts
	provider       string
	shift          Shift
	first, last    calendar.Date // of the replayed months
	systems, units int
	flavors        map[size]bool
}

// pick is a number below n that depends on the texts alone.
func pick(n int, of ...string) int {
	h := fnv.New64a()
	for _, s := range of {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return int((h.Sum64() >> 16) % uint64(n)) // the low bits of FNV-1a hang on the last bytes
}

func systemID(n int) string { return fmt.Sprintf("replay-system-%03d", n+1) }

// unitCode is an internal code: a credit code would be the one of a real unit.
func unitCode(n int) string { return fmt.Sprintf("N-REPLAY-%02d", n+1) }

func (g *generator) system(vm string) int { return pick(g.systems, "system of", vm) }

func (g *generator) unitRows() (rows [][]string) {
	for i := range g.units {
		rows = append(rows, []string{unitCode(i), fmt.Sprintf(g.Units.Name, i+1)})
	}
	return rows
}

func (g *generator) systemRows() (rows [][]string) {
	for i := range g.systems {
		id := systemID(i)
		// One system in ten was cut over in the first weeks of the replay (Art. 20),
		// the others one to four years before.
		cutover := g.first.AddDays(-365 - pick(3*365, "cutover of", id))
		if i%10 == 9 {
			cutover = g.first.AddDays(pick(28, "cutover of", id))
		}
		rows = append(rows, []string{
			id, fmt.Sprintf(g.Systems.Name, i+1), unitCode(pick(g.units, "unit of", id)), platformID,
			strconv.Itoa(2 + pick(2, "level of", id)), cutover.String(), g.Systems.Running,
		})
	}
	return rows
}

// size is a provisioned size as the service catalogue would name it.
type size struct {
	cores   int
	halfGiB int // memory in steps of 0.5 GiB
}

func (s size) gib() string { return strconv.FormatFloat(float64(s.halfGiB)/2, 'f', -1, 64) }
func (s size) id() string  { return fmt.Sprintf("replay-%dC%sG", s.cores, s.gib()) }

// sizeOf rounds the memory to whole GiB, below two to halves.
func sizeOf(d *traces.Day) size {
	gib := d.MemoryMiB / 1024
	half := 2 * int(math.Round(gib))
	if gib < 2 {
		half = max(1, int(math.Round(2*gib)))
	}
	return size{cores: d.Cores, halfGiB: half}
}

// change is the day from which a machine has a size.
type change struct {
	date calendar.Date
	size size
}

// changes finds the days on which the size of a machine changes. A size of a single
// day is the mean of a day of change and is passed over.
func changes(v *traces.VM, s Shift) (out []change) {
	var known []change
	for i := range v.Days {
		d := &v.Days[i]
		if date, ok := s.Date(d.Date); ok && d.Cores > 0 && d.MemoryMiB > 0 {
			known = append(known, change{date, sizeOf(d)})
		}
	}
	for i, c := range known {
		lasts := i+1 == len(known) || known[i+1].size == c.size
		if lasts && (len(out) == 0 || out[len(out)-1].size != c.size) {
			out = append(out, c)
		}
	}
	return out
}

func (g *generator) hosts(vms []traces.VM) (rows [][]string) {
	for i := range vms {
		id := HostID(vms[i].ID)
		served := g.first.AddDays(-60 - pick(700, "service of", id))
		standby := g.Hosts.No
		if g.standby(vms[i].ID) {
			standby = g.Hosts.Yes
		}
		for j, c := range changes(&vms[i], g.shift) {
			from := c.date
			if j == 0 {
				from = served
			}
			g.flavors[c.size] = true
			rows = append(rows, []string{
				id, systemID(g.system(vms[i].ID)), platformID, g.provider, c.size.id(),
				served.String(), from.String(), g.Hosts.InService, g.Hosts.Owner, standby,
			})
		}
	}
	return rows
}

// standby tells of one machine in a hundred that it waits for a disaster.
func (g *generator) standby(vm string) bool { return pick(100, "standby", vm) == 0 }

func (g *generator) flavorRows() (rows [][]string) {
	sizes := make([]size, 0, len(g.flavors))
	for s := range g.flavors {
		sizes = append(sizes, s)
	}
	slices.SortFunc(sizes, func(a, b size) int {
		if a.cores != b.cores {
			return a.cores - b.cores
		}
		return a.halfGiB - b.halfGiB
	})
	for _, s := range sizes {
		price := yuanPerCore*s.cores + yuanPerGibibyte*s.halfGiB/2
		rows = append(rows, []string{s.id(), strconv.Itoa(s.cores), s.gib(), strconv.Itoa(price), g.Flavors.Family})
	}
	return rows
}

// exemptions end half a year after the replay; the third kind ends in its first month.
func (g *generator) exemptions(vms []traces.VM) (rows [][]string) {
	for i := 4; i < g.systems; i += 20 {
		for j, k := range g.Exemptions.Kinds {
			if i+j >= g.systems {
				break
			}
			expires := g.last.AddMonths(6)
			if j == 2 {
				expires = g.first.CalendarMonth().Last()
			}
			rows = append(rows, []string{g.Exemptions.System, systemID(i + j), k.Kind, k.Reason, g.Exemptions.Approver, expires.String()})
		}
	}
	for i := range vms {
		if g.standby(vms[i].ID) {
			k := g.Exemptions.Standby
			rows = append(rows, []string{g.Exemptions.Host, HostID(vms[i].ID), k.Kind, k.Reason, g.Exemptions.Approver, g.last.AddMonths(6).String()})
		}
	}
	return rows
}

// csv writes a table with the note as its last column.
func (g *generator) csv(head []string, rows [][]string) ([]byte, error) {
	out := bytes.NewBufferString("\ufeff")
	w := csv.NewWriter(out)
	records := [][]string{append(slices.Clone(head), g.NoteHead)}
	for _, row := range rows {
		records = append(records, append(row, g.Note))
	}
	err := w.WriteAll(records)
	return out.Bytes(), err
}
