package rightsize

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSortDay(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for name, value := range map[string]func() float64{
		"small":       func() float64 { return r.Float64() },
		"millicores":  func() float64 { return float64(r.IntN(4000)) / 1000 },
		"zeros":       func() float64 { return float64(r.IntN(2)) * r.Float64() },
		"lower half":  func() float64 { return math.Float64frombits(math.Float64bits(1.5) + r.Uint64N(1<<30)) },
		"every scale": func() float64 { return math.Exp(200 * (r.Float64() - 0.5)) },
		"one value":   func() float64 { return 3 },
	} {
		for _, n := range []int{0, 1, 2, 17, SlotsPerDay} {
			bits := make([]uint64, n)
			for i := range bits {
				bits[i] = math.Float64bits(value())
			}
			want := slices.Sorted(slices.Values(bits))
			got := sortDay(bits, make([]uint64, n))
			if diff := cmp.Diff(want, slices.AppendSeq([]uint64(nil), slices.Values(got))); diff != "" {
				t.Errorf("%s, %d values (-want +got):\n%s", name, n, diff)
			}
		}
	}
}

func BenchmarkSeries(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 7))
	values := make([]float64, 30*SlotsPerDay)
	for i := range values {
		p := r.Float64()
		values[i] = 0.2 + p + 0.3*math.Sin(float64(i)/46)
	}
	var s series
	for b.Loop() {
		s.fill(values)
	}
}
