package probe

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// network reads /proc/net/dev. Interfaces with a device behind them count; the
// bridges, bonds and pairs stacked on them carry the same bytes once more. A host
// that has only virtual ones, such as a container, counts all but loopback.
type network struct {
	roots Roots
	file  keptFile
	last  map[string]traffic

	listed  []string        // interfaces that devices tells of
	devices map[string]bool // those with a device behind them
	fresh   int             // for how many cuts more they hold
}

func (*network) look(context.Context) error { return nil }

func (n *network) cut(_ context.Context, out *values) error {
	last := n.last
	n.last = nil
	now, err := n.read()
	if err != nil {
		return fmt.Errorf("read network: %w", err)
	}
	n.last = now
	rows, sum := increases(last, now)
	out.total(wire.NetworkReceiveBytes, sum[0])
	out.total(wire.NetworkTransmitBytes, sum[1])
	out.devices([]string{"interface_receive_bytes", "interface_transmit_bytes"}, rows)
	return nil
}

func (n *network) read() (map[string]traffic, error) {
	n.file.cut()
	name := n.roots.proc("net/dev")
	data, err := n.file.whole(name)
	if err != nil {
		return nil, err
	}
	all, err := parseInterfaces(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n.list(all)
	hardware, other := map[string]traffic{}, map[string]traffic{}
	for _, c := range all {
		switch {
		case c.name == "lo":
		case n.devices[c.name]:
			hardware[c.name] = c.traffic
		default:
			other[c.name] = c.traffic
		}
	}
	if len(hardware) > 0 {
		return hardware, nil
	}
	if len(other) > 0 {
		return other, nil
	}
	return nil, fmt.Errorf("%s has no interface but loopback", name)
}

// counted is one interface with its bytes in and out.
type counted struct {
	name string
	traffic
}

// parseInterfaces takes /proc/net/dev apart: two lines of heads, and then a line for
// each interface, with the bytes it received in the first column and those it sent in
// the ninth. Its name may have a colon in it, as old aliases do.
func parseInterfaces(data []byte) (all []counted, err error) {
	at := 0
	for line := range bytes.Lines(data) {
		if at++; at <= 2 {
			continue
		}
		colon := bytes.LastIndexByte(line, ':')
		if colon < 0 {
			return nil, fmt.Errorf("line %d has no name", at)
		}
		var n [9]uint64
		columns := 0
		for word := range bytes.FieldsSeq(line[colon+1:]) {
			if columns == len(n) {
				break
			}
			if n[columns], err = strconv.ParseUint(string(word), 10, 64); err != nil {
				return nil, fmt.Errorf("line %d, column %d is %.20q, no number", at, columns+1, word)
			}
			columns++
		}
		if columns < len(n) {
			return nil, fmt.Errorf("line %d has %d columns", at, columns)
		}
		all = append(all, counted{string(bytes.TrimSpace(line[:colon])), traffic{n[0], n[8]}})
	}
	return all, nil
}

// list finds out which interfaces have devices, and does so again after a while though
// the names are what they were: a virtual function gets its master after its name.
func (n *network) list(all []counted) {
	same := slices.EqualFunc(n.listed, all, func(name string, c counted) bool { return name == c.name })
	if n.fresh--; same && n.fresh > 0 {
		return
	}
	n.fresh = relist
	n.listed, n.devices = make([]string, len(all)), map[string]bool{}
	for i, c := range all {
		n.listed[i], n.devices[c.name] = c.name, n.hardware(c.name)
	}
}

// hardware reports whether a device stands behind the interface. A virtual
// function that serves a paravirtual interface is counted there already.
func (n *network) hardware(name string) bool {
	dir := n.roots.sys("class/net/" + name)
	if _, err := os.Stat(filepath.Join(dir, "device")); err != nil {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "master", "device"))
	return err != nil
}

// traffic is the counters of one device: bytes in and out, and for disks
// operations in and out.
type traffic [4]uint64

// increases compares two readings. A device that came or went between them makes
// the sum NaN: what it moved before or after is not known.
func increases(last, now map[string]traffic) (rows []row, sum [4]float64) {
	names := make([]string, 0, len(now))
	for name := range now {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r := row{name, []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN()}}
		if before, ok := last[name]; ok {
			for i := range r.numbers {
				r.numbers[i] = increase(before[i], now[name][i])
			}
		}
		for i, n := range r.numbers {
			sum[i] += n
		}
		rows = append(rows, r)
	}
	for name := range last {
		if _, ok := now[name]; !ok {
			sum = [4]float64{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
		}
	}
	return rows, sum
}
