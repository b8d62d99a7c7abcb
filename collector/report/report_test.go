package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

func emptyInput() Input {
	at := time.Date(2026, 10, 3, 9, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*3600))
	return Input{
		Period: calendar.Month{Year: 2026, Month: time.September}, Through: at, JudgedAt: at, Version: 1,
		Provider: Party{"p", ""}, ClockLimit: time.Minute, CoverageGate: 0.9,
	}
}

// A month of which nothing is known has every section, says so, and prints no
// ratio as 0.
func TestNothingIsNotZero(t *testing.T) {
	m, err := Build(emptyInput())
	if err != nil {
		t.Fatal(err)
	}
	d, err := Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Sections) != 10 {
		t.Fatalf("%d sections; want A0 to A9", len(d.Sections))
	}
	var values []string
	for _, b := range d.Sections[0].Blocks {
		if b.Table != nil && b.Table.ID == "quality" {
			for _, row := range b.Table.Rows {
				values = append(values, row[1].Text)
			}
		}
	}
	if got, want := strings.Join(values[:3], " "), "0 — —"; got != want {
		t.Errorf("hosts, F1 and F2 are printed %q; want %q", got, want)
	}
	for _, b := range d.Sections[1].Blocks {
		for _, c := range b.Cards {
			if strings.Contains(c.Value, "%") {
				t.Errorf("%s is printed %q though nothing is known", c.Label, c.Value)
			}
		}
	}
	for _, id := range []int{2, 5, 6, 7} {
		last := d.Sections[id].Blocks[len(d.Sections[id].Blocks)-1]
		if last.NotProvided == nil || last.NotProvided.Value != "未提供" {
			t.Errorf("%s does not say that nothing was provided", d.Sections[id].ID)
		}
	}
}

func TestBatchFollowsTheData(t *testing.T) {
	name := func(change func(*Input)) string {
		in := emptyInput()
		change(&in)
		m, err := Build(in)
		if err != nil {
			t.Fatal(err)
		}
		return m.Batch
	}
	plain := name(func(*Input) {})
	if !strings.HasPrefix(plain, "20261003T090000-") {
		t.Errorf("batch %q does not begin with the time of judging", plain)
	}
	if got := name(func(in *Input) { in.Program = "other" }); got != plain {
		t.Error("another program makes another batch of the same data")
	}
	if got := name(func(in *Input) { in.Workdays = 3 }); got == plain {
		t.Error("other data have the same batch")
	}
	in := emptyInput()
	in.Facts.Provider = map[string]float64{"cpu_avg": math.NaN()}
	if _, err := Build(in); err == nil {
		t.Error("a number that is not finite was accepted")
	}
}

func TestFigureJSON(t *testing.T) {
	for _, f := range []Figure{{}, {State: None}, Of(0), Of(0.25)} {
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back Figure
		if err := json.Unmarshal(text, &back); err != nil || back != f {
			t.Errorf("%s reads back as %+v, %v; want %+v", text, back, err, f)
		}
	}
	if err := json.Unmarshal([]byte(`"0"`), new(Figure)); err == nil {
		t.Error("a string was read as a figure")
	}
}

func TestPrintedNumbers(t *testing.T) {
	words, err := loadText()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ got, want string }{
		{words.percent(Of(0.123)).Text, "12.3%"},
		{words.percent(Figure{}).Text, "未提供"},
		{words.percent(none).Text, "—"},
		{words.points(Of(-0.0149)).Text, "-1.5"},
		{words.points(Of(-0.0001)).Text, "0.0"},
		{words.compared(Of(0.02), true).Text, "+2.0 个百分点"},
		{words.change(Of(0.1111)).Text, "+11.1%"},
		{words.one(Of(1536.0)).Text, "1536"},
		{words.one(Of(0.5)).Text, "0.5"},
		{words.date(calendar.Date{Year: 2026, Month: 10, Day: 31}), "2026年10月31日"},
		{words.date(calendar.Date{}), "未提供"},
		{words.text(" ").Text, "未提供"},
		{words.label("status", "brand-new"), "brand-new"},
		{words.usageText(Usage{Of(0.1), none}), "10.0%（运行口径 —）"},
	} {
		if c.got != c.want {
			t.Errorf("printed %q; want %q", c.got, c.want)
		}
	}
}

func TestFileName(t *testing.T) {
	m := Month{Period: calendar.Month{Year: 2026, Month: time.October}, Version: 2, Provider: Party{ID: "../天府 云"}}
	if got, want := m.Edition().FileName(), "___天府_云-202610-usage-v2"; got != want {
		t.Errorf("FileName() = %q; want %q", got, want)
	}
}
