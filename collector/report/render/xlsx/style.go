package xlsx

import (
	"github.com/xuri/excelize/v2"

	"github.com/yunjian-io/yunjian/collector/report"
)

// styles are the identifiers of the styles of a workbook.
type styles struct {
	title, label, plain, head int
	kinds, totals             map[report.Kind]int
}

// formats are the number formats by kind; text has none.
func formats() map[report.Kind]string {
	return map[report.Kind]string{
		report.KindText: "@", report.KindCount: "0", report.KindOne: "0.0", report.KindTwo: "0.00",
		report.KindPercent: "0.0%", report.KindPoints: "+0.0;-0.0;0.0", report.KindRate: "0.000%",
	}
}

func newStyles(f *excelize.File) (s styles, err error) {
	border := []excelize.Border{
		{Type: "left", Style: 1, Color: "C9D1D9"},
		{Type: "right", Style: 1, Color: "C9D1D9"},
		{Type: "top", Style: 1, Color: "C9D1D9"},
		{Type: "bottom", Style: 1, Color: "C9D1D9"},
	}
	add := func(style *excelize.Style) int {
		id, e := f.NewStyle(style)
		if err == nil {
			err = e
		}
		return id
	}
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	s.title = add(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}})
	s.label = add(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 10}})
	s.plain = add(&excelize.Style{Font: &excelize.Font{Size: 10}, NumFmt: 49, Alignment: &excelize.Alignment{Horizontal: "left"}})
	s.head = add(&excelize.Style{
		Font: &excelize.Font{Bold: true, Size: 10}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E4EAF1"}},
		Border: border, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	})
	s.kinds, s.totals = map[report.Kind]int{}, map[report.Kind]int{}
	// In the order of the kinds, so that the styles get the same numbers every time.
	for k := report.KindText; k <= report.KindRate; k++ {
		format := formats()[k]
		aligned := wrap
		if k != report.KindText {
			aligned = &excelize.Alignment{Horizontal: "right", Vertical: "top"}
		}
		s.kinds[k] = add(&excelize.Style{Font: &excelize.Font{Size: 10}, Border: border, Alignment: aligned, CustomNumFmt: &format})
		s.totals[k] = add(&excelize.Style{Font: &excelize.Font{Size: 10, Bold: true}, Border: border, Alignment: aligned, CustomNumFmt: &format})
	}
	return s, err
}
