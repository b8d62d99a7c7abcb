package probe

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/shirou/gopsutil/v3/net"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// network reads /proc/net/dev. Interfaces with a device behind them count; the
// bridges, bonds and pairs stacked on them carry the same bytes once more. A host
// that has only virtual ones, such as a container, counts all but loopback.
type network struct {
	roots Roots
	last  map[string]traffic
}

func (*network) look(context.Context) error { return nil }

func (n *network) cut(ctx context.Context, out *values) error {
	last := n.last
	n.last = nil
	now, err := n.read(ctx)
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

func (n *network) read(ctx context.Context) (map[string]traffic, error) {
	all, err := net.IOCountersWithContext(ctx, true)
	if err != nil {
		return nil, err
	}
	hardware, other := map[string]traffic{}, map[string]traffic{}
	for _, c := range all {
		switch t := (traffic{c.BytesRecv, c.BytesSent}); {
		case c.Name == "lo":
		case n.hardware(c.Name):
			hardware[c.Name] = t
		default:
			other[c.Name] = t
		}
	}
	if len(hardware) > 0 {
		return hardware, nil
	}
	if len(other) > 0 {
		return other, nil
	}
	return nil, fmt.Errorf("%s has no interface but loopback", n.roots.proc("net/dev"))
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
