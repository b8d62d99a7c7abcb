package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestJoinDays(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 8, d, 0, 0, 0, 0, time.UTC) }
	span := func(from, to int, n uint64) touched { return touched{day(from), day(to), n} }
	days := []touched{span(1, 2, 40), span(2, 3, 60), span(3, 4, 1), span(5, 6, 1), span(6, 7, 200), span(7, 8, 1)}
	want := []touched{span(1, 3, 100), span(3, 4, 1), span(5, 6, 1), span(6, 7, 200), span(7, 8, 1)}
	if diff := cmp.Diff(want, joinDays(days, 100), cmp.AllowUnexported(touched{})); diff != "" {
		t.Error(diff)
	}
}
