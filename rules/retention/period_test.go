package retention

import (
	"strings"
	"testing"
)

func TestParsePeriod(t *testing.T) {
	for text, want := range map[string]Period{"P6M": {Months: 6}, "180d": {Days: 180}, "P1200M": {Months: 1200}, "1d": {Days: 1}} {
		got, err := ParsePeriod(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParsePeriod(%q) = %+v (%s), %v; want %+v", text, got, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "want calendar months", "6M": "want calendar months", "P6M ": "want calendar months", "-180d": "want calendar months", "P6M180d": "want calendar months",
		"P0M": "at least one", "0d": "at least one", "P1201M": "at most 100 years", "99999d": "at most 100 years",
	} {
		if got, err := ParsePeriod(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePeriod(%q) = %+v, %v; want an error that says %q", text, got, err, want)
		}
	}
}

func FuzzParsePeriod(f *testing.F) {
	f.Add("P6M")
	f.Add("180d")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePeriod(text)
		if err != nil {
			return
		}
		if again, err := ParsePeriod(p.String()); err != nil || again != p {
			t.Errorf("%q is %+v, which prints as %s: %v", text, p, p, err)
		}
	})
}
