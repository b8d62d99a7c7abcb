package sheet

import (
	"bytes"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// maxUnpacked bounds what a workbook may grow to in memory.
const maxUnpacked = 256 << 20

// readXLSX reads the sheets of a workbook as raw values: numbers unrounded and dates
// as serial numbers, not as some locale prints them.
func readXLSX(data []byte, wrong *Problems) []Table {
	damaged := func(err error) {
		wrong.Add(Problem{Why: fmt.Sprintf("is no readable workbook: %v", err), Do: "save it again as .xlsx"})
	}
	// Equal limits keep excelize from unpacking large sheets into files.
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked,
	})
	if err != nil {
		damaged(err)
		return nil
	}
	props, err := book.GetWorkbookProps()
	if err != nil {
		damaged(err)
		return nil
	}
	var out []Table
	for _, name := range book.GetSheetList() {
		s := Table{Name: name, Date1904: props.Date1904 != nil && *props.Date1904}
		rows, err := book.GetRows(name)
		if err != nil {
			damaged(err)
			continue
		}
		for i, values := range rows {
			s.put(i+1, values)
		}
		if s.HeadLine == 0 {
			continue // an empty sheet says nothing
		}
		if s.merged, err = mergedCells(book, name); err != nil {
			damaged(err)
			continue
		}
		out = append(out, s)
	}
	if err := book.Close(); err != nil {
		damaged(err)
	}
	return out
}

func mergedCells(book *excelize.File, name string) ([]merge, error) {
	ranges, err := book.GetMergeCells(name)
	if err != nil {
		return nil, err
	}
	var out []merge
	for _, m := range ranges {
		column, line, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			return nil, err
		}
		out = append(out, merge{line: line, column: column, cells: m.GetStartAxis() + ":" + m.GetEndAxis(), value: m.GetCellValue()})
	}
	return out, nil
}

// Merged reports whether the sheet has merged cells, and tells every range: the rows
// below its first cell would seem to lack a value.
func (s Table) Merged(wrong *Problems) bool {
	for _, m := range s.merged {
		p := Problem{
			Sheet: s.Name, Line: m.line, Value: m.value,
			Why: "stands in merged cells " + m.cells, Do: "unmerge them and fill in every row",
		}
		if m.column <= len(s.Heads) {
			p.Column = s.Heads[m.column-1]
		}
		wrong.Add(p)
	}
	return len(s.merged) > 0
}
