package text

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSiblings(t *testing.T) {
	day := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		live  string
		names []string
		want  []Sibling
	}{
		{
			"auth.log",
			[]string{
				"auth.log", "auth.log.10.gz", "auth.log.2.gz", "auth.log.1", "auth.log-20261101", "auth.log-20261031.gz", "auth.log-2026110112",
				"auth.log-1764547200", "auth.log.20261030", "auth.log-2026-10-29.xz", "auth.log_20261028.bz2", "auth.log-20261027-1793500000",
				"auth-20261026.log", "auth.3.log", "auth.4.log.gz", "auth.20261025.log", "auth.log-202609",
				"auth.log.old", "auth.log.bak", "auth.log.1.bak", "auth.log~", "auth.log.swp", "auth.log.gz", "auth.2026-11-01.log", "auth.log.offset",
				"auth.log.20261301", "auth.log-", "auth.log.", "auth.log.1.gz.tmp", "xauth.log.1", "auth.log.123456789", "author.log", "auth.log.-1", "auth.log.1x",
			},
			[]Sibling{
				{"auth.log.1", 1, time.Time{}},
				{"auth.log.2.gz", 2, time.Time{}},
				{"auth.3.log", 3, time.Time{}},
				{"auth.4.log.gz", 4, time.Time{}},
				{"auth.log.10.gz", 10, time.Time{}},
				{"auth.log-2026110112", 0, day(2026, 11, 1, 12)},
				{"auth.log-20261101", 0, day(2026, 11, 1, 0)},
				{"auth.log-20261031.gz", 0, day(2026, 10, 31, 0)},
				{"auth.log.20261030", 0, day(2026, 10, 30, 0)},
				{"auth.log-2026-10-29.xz", 0, day(2026, 10, 29, 0)},
				{"auth.log_20261028.bz2", 0, day(2026, 10, 28, 0)},
				{"auth.log-20261027-1793500000", 0, time.Unix(1793500000, 0).UTC()},
				{"auth-20261026.log", 0, day(2026, 10, 26, 0)},
				{"auth.20261025.log", 0, day(2026, 10, 25, 0)},
				{"auth.log-202609", 0, day(2026, 9, 1, 0)},
				{"auth.log-1764547200", 0, time.Unix(1764547200, 0).UTC()},
			},
		},
		{
			"secure",
			[]string{"secure", "secure-20261101.xz", "secure.1", "secure.old", "secure_1", "secured.1"},
			[]Sibling{{"secure.1", 1, time.Time{}}, {"secure-20261101.xz", 0, day(2026, 11, 1, 0)}},
		},
		{"catalina.log", []string{"catalina.2026-11-01.log"}, nil},
		{"", []string{".1", "-20261101"}, nil},
	} {
		got := Siblings(test.names, test.live)
		// Dates are compared below; here the order of those of one moment counts too.
		if diff := cmp.Diff(names(test.want), names(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.live, diff)
		}
		for _, want := range test.want {
			for _, s := range got {
				if s.Name == want.Name && (s.Index != want.Index || !s.Date.Equal(want.Date)) {
					t.Errorf("want %v, got %v", want, s)
				}
			}
		}
	}
}

func names(siblings []Sibling) map[string]bool {
	set := map[string]bool{}
	for _, s := range siblings {
		set[s.Name] = true
	}
	return set
}

func TestSiblingsAreInOrder(t *testing.T) {
	got := Siblings([]string{"a.log-20261030", "a.log.2.gz", "a.log-20261101.gz", "a.log.10.gz", "a.log.1", "a.log-20261031"}, "a.log")
	var order []string
	for _, s := range got {
		order = append(order, s.Name)
	}
	want := []string{"a.log.1", "a.log.2.gz", "a.log.10.gz", "a.log-20261101.gz", "a.log-20261031", "a.log-20261030"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestChainGaps(t *testing.T) {
	dates := func(layout string, step int, left ...int) []string {
		var names []string
		at := time.Date(2026, 9, 25, 0, 0, 0, 0, time.UTC)
		for i := range 12 {
			skip := false
			for _, l := range left {
				skip = skip || l == i
			}
			if !skip {
				names = append(names, "a.log-"+at.Add(time.Duration(i*step)*time.Hour).Format(layout)+".gz")
			}
		}
		return names
	}
	numbers := func(indexes ...int) []string {
		var names []string
		for _, i := range indexes {
			names = append(names, fmt.Sprintf("a.log.%d", i))
		}
		return names
	}
	months := []string{"a.log-20260131", "a.log-20260301", "a.log-20260401", "a.log-20260501", "a.log-20260601", "a.log-20260801", "a.log-20260901", "a.log-20261001", "a.log-20261101"}
	for _, test := range []struct {
		name  string
		names []string
		want  []ChainGap
	}{
		{"none", nil, nil},
		{"numbers", numbers(1, 2, 3), nil},
		{"from zero", numbers(0, 1, 2), nil},
		{"a number twice", append(numbers(1, 2), "a.log.1.gz"), nil},
		{"numbers missing", numbers(1, 2, 5, 6, 8), []ChainGap{{ChainIndex, "a.log.5", "a.log.2", 2}, {ChainIndex, "a.log.8", "a.log.6", 1}}},
		{"the first missing", numbers(2, 3), []ChainGap{{ChainIndex, "a.log.2", "", 1}}},
		{"daily", dates("20060102", 24), nil},
		{"daily missing", dates("20060102", 24, 4, 5, 8), []ChainGap{
			{ChainDate, "a.log-20260928.gz", "a.log-20261001.gz", 2},
			{ChainDate, "a.log-20261002.gz", "a.log-20261004.gz", 1},
		}},
		{"weekly missing", dates("20060102", 7*24, 3), []ChainGap{{ChainDate, "a.log-20261009.gz", "a.log-20261023.gz", 1}}},
		{"hourly missing", dates("2006010215", 1, 3), []ChainGap{{ChainDate, "a.log-2026092502.gz", "a.log-2026092504.gz", 1}}},
		{"monthly missing", months, []ChainGap{{ChainDate, "a.log-20260601", "a.log-20260801", 1}}},
		{"not regular", []string{"a.log-20260901", "a.log-20260905", "a.log-20260906", "a.log-20260920", "a.log-20261013", "a.log-20261101"}, nil},
		{"too few", dates("20060102", 24, 1, 3, 5, 6, 7, 8, 9, 10), nil},
	} {
		if diff := cmp.Diff(test.want, ChainGaps(Siblings(test.names, "a.log"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func FuzzSiblings(f *testing.F) {
	f.Add("auth.log\nauth.log.1\nauth.log-20261101.gz\nauth-20261101.log", "auth.log")
	f.Add("a.log-1764547200\na.log-20261101-1793500000", "a.log")
	f.Add(".1\n..2\n.-20261101", ".")
	f.Fuzz(func(t *testing.T, text, live string) {
		all := strings.Split(text, "\n")
		found := Siblings(all, live)
		if len(found) > len(all) {
			t.Fatalf("%d siblings of %d names", len(found), len(all))
		}
		for _, s := range found {
			if s.Name == live || s.Index != 0 && !s.Date.IsZero() {
				t.Errorf("%q: %+v", live, s)
			}
		}
		if len(found) < 50 {
			for _, g := range ChainGaps(found) {
				if g.Missing < 1 || g.Older == "" {
					t.Errorf("%+v", g)
				}
			}
		}
	})
}
