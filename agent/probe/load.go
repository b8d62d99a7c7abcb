package probe

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// loads reads /proc/loadavg at the end of an interval.
type loads struct {
	roots Roots
	file  keptFile
}

func (*loads) look(context.Context) error { return nil }

func (l *loads) cut(_ context.Context, out *values) error {
	l.file.cut()
	name := l.roots.proc("loadavg")
	data, err := l.file.read(name)
	if err != nil {
		return fmt.Errorf("read load: %w", err)
	}
	one, rest, _ := bytes.Cut(data, []byte(" "))
	five, _, _ := bytes.Cut(rest, []byte(" "))
	var means [2]float64
	for i, word := range [][]byte{one, five} {
		if means[i], err = strconv.ParseFloat(string(word), 64); err != nil || !(means[i] >= 0) || math.IsInf(means[i], 0) {
			return fmt.Errorf("read load: %s begins with %.40q, no two means", name, data)
		}
	}
	out.total(wire.Load1, means[0])
	out.total(wire.Load5, means[1])
	return nil
}
