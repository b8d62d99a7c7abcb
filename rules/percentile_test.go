package rules

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPercentile(t *testing.T) {
	for _, tt := range []struct{ n, q, rank int }{
		{20, 950, 19}, // 0.95·20 is whole; binary fractions make it 19.000…04
		{20, 990, 20},
		{20, 500, 10},
		{100, 950, 95},
		{100, 290, 29}, // 0.29·100 is 28.999… in binary
		{100, 995, 100},
		{8640, 950, 8208},
		{8640, 990, 8554}, // 8553.6
		{8928, 950, 8482}, // a month of 31 days
		{1, 950, 1},
		{3, 1000, 3},
		{3, 0, 1},
		{3, 2000, 3},
	} {
		whole, fractions := make([]int, tt.n), make([]float64, tt.n)
		for i := range tt.n {
			whole[i], fractions[i] = i+1, float64(i+1)
		}
		if got, ok := Percentile(whole, tt.q); !ok || got != tt.rank {
			t.Errorf("Percentile of 1…%d at %d = %d, %v; want %d", tt.n, tt.q, got, ok, tt.rank)
		}
		if got, ok := Percentile(fractions, tt.q); !ok || got != float64(tt.rank) {
			t.Errorf("Percentile of 1.0…%d at %d = %v, %v; want %d", tt.n, tt.q, got, ok, tt.rank)
		}
	}
	if got, ok := Percentile([]float64(nil), 950); ok {
		t.Errorf("Percentile of nothing = %v, true", got)
	}
}

// TestCeilShare compares every rank with exact fractions.
func TestCeilShare(t *testing.T) {
	for _, n := range []int{1, 7, 20, 30, 100, 288, 8640, 8928} {
		for q := 1; q <= 1000; q++ {
			exact := big.NewRat(int64(q)*int64(n), 1000)
			got := ceilShare(n, q)
			if exact.Cmp(big.NewRat(int64(got), 1)) > 0 || exact.Cmp(big.NewRat(int64(got-1), 1)) <= 0 {
				t.Fatalf("ceilShare(%d, %d) = %d; want the ceiling of %s", n, q, got, exact.FloatString(3))
			}
		}
	}
}

// Selecting gives what sorting gives, whatever the order and however many are equal.
func TestSelectPercentile(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 2, 3, 19, 20, 21, 100, 288, 8640, 8928} {
		for _, different := range []int{1, 2, 7, 100_000} {
			values := make([]float64, n)
			for i := range values {
				values[i] = float64(random.IntN(different))
			}
			sorted := slices.Sorted(slices.Values(values))
			for _, q := range []int{1, 500, 950, 990, 1000} {
				want, given := Percentile(sorted, q)
				if got, ok := SelectPercentile(slices.Clone(values), q); got != want || ok != given {
					t.Errorf("P%d of %d values of %d kinds = %v, %v; want %v, %v", q, n, different, got, ok, want, given)
				}
			}
		}
	}
	ascending := make([]float64, 1000)
	for i := range ascending {
		ascending[i] = float64(i)
	}
	if got, _ := SelectPercentile(ascending, 950); got != 949 {
		t.Errorf("P95 of 0..999 in order = %v; want 949", got)
	}
}

// Selecting gives what sorting gives for ranges that cannot be cut into parts of use: without
// end, all but empty, with a lonely value far away.
func FuzzSelectPercentile(f *testing.F) {
	f.Add(uint64(1), 1.0, 0.0, 950)
	f.Add(uint64(2), math.SmallestNonzeroFloat64, 0.0, 950)
	f.Add(uint64(3), math.MaxFloat64, -math.MaxFloat64, 950)
	f.Add(uint64(4), 1e-300, math.Inf(1), 990)
	f.Add(uint64(5), 0.1, 1e300, 500)
	f.Add(uint64(6), 0x1p-52, 1.0, 999)
	f.Fuzz(func(t *testing.T, seed uint64, width, lonely float64, thousandths int) {
		if math.IsNaN(width) || math.IsNaN(lonely) {
			t.Skip("none is NaN")
		}
		random := rand.New(rand.NewPCG(seed, 1))
		values := make([]float64, 300+random.IntN(1000))
		for i := range values {
			if values[i] = width * (random.Float64() + 1); random.IntN(3) == 0 {
				values[i] = width
			}
		}
		values[random.IntN(len(values))] = lonely
		want, _ := Percentile(slices.Sorted(slices.Values(values)), thousandths)
		if got, ok := SelectPercentile(values, thousandths); got != want || !ok {
			t.Errorf("P%d/10 = %v, %v; want %v", thousandths, got, ok, want)
		}
	})
}

// Every month is another one, since a processor soon knows the turns that one takes.
func BenchmarkSelectPercentile(b *testing.B) {
	random := rand.New(rand.NewPCG(3, 4))
	months := make([][]float64, 64)
	for m := range months {
		months[m] = make([]float64, 8640)
		for i := range months[m] {
			months[m][i] = random.Float64()*random.Float64() + float64(i%288)/288
		}
	}
	values := make([]float64, len(months[0]))
	n := 0
	for b.Loop() {
		copy(values, months[n%len(months)])
		SelectPercentile(values, 950)
		n++
	}
}
