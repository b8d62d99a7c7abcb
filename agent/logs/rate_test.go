package logs

import (
	"math"
	"testing"
	"time"
)

// The rate of a log by what its files hold, with archives that were read or not.
func TestRateOfFiles(t *testing.T) {
	const day = 24 * time.Hour
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	file := func(from, to int, size int64) *segment {
		g := &segment{Stamp: stamp{Size: size}}
		if to > from {
			g.First, g.Last = begin.Add(time.Duration(from)*day), begin.Add(time.Duration(to)*day)
		}
		return g
	}
	live := func(from, to int, size int64) *segment {
		g := file(from, to, size)
		g.Live = true
		return g
	}
	packed := func(from, to int, size, plain int64) *segment {
		g := file(from, to, size)
		g.Compressed, g.Plain = true, plain
		return g
	}
	tests := []struct {
		name  string
		files []*segment
		want  float64 // bytes a day, 0 if not known
	}{
		{"nothing", nil, 0},
		{"less than an hour", []*segment{file(0, 0, 100)}, 0},
		{"plain files", []*segment{file(0, 7, 700), live(7, 14, 700)}, 100},
		{"archives that were read", []*segment{packed(0, 7, 100, 2000), live(7, 14, 800)}, 200},
		{"one that was read beside one that was not", []*segment{packed(0, 7, 100, 2000), packed(7, 14, 100, 0), live(14, 15, 200)}, 4200. / 15},
		{"none read, and a rotated file that is plain", []*segment{packed(0, 7, 100, 0), file(7, 14, 700), live(14, 15, 100)}, 100},
		{"none read, and only the live one is plain", []*segment{packed(0, 7, 100, 0), live(7, 8, 60)}, 1060. / 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h holding
			for _, g := range tt.files {
				h.add(g)
			}
			got, known := h.perDay()
			if known != (tt.want > 0) || math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("%g bytes a day, known %t; want %g", got, known, tt.want)
			}
		})
	}
}
