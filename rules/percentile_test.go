package rules

import (
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
	ascending := make([]int, 1000)
	for i := range ascending {
		ascending[i] = i
	}
	if got, _ := SelectPercentile(ascending, 950); got != 949 {
		t.Errorf("P95 of 0..999 in order = %d; want 949", got)
	}
}
