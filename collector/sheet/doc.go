// Package sheet reads the files that people fill in: CSV in any of the usual encodings
// and XLSX workbooks, as tables of cells, and holds the list of what is wrong with one.
//
// What heads and values mean, and what a refused file leads to, is left to its callers.
package sheet

import (
	"bytes"
	"fmt"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 64 << 20

// Read returns the tables of a file: one without a name for CSV, the sheets that are
// not empty for a workbook, which is known by its bytes. What it cannot read is told
// to wrong.
func Read(data []byte, wrong *Problems) []Table {
	switch {
	case len(data) > MaxFile:
		wrong.Add(Problem{
			Why: fmt.Sprintf("has %d bytes, more than the %d that are read", len(data), MaxFile),
			Do:  "split it into several files",
		})
		return nil
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data, wrong)
	case bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		wrong.Add(Problem{Why: "is an old .xls or an encrypted workbook", Do: "save it as .xlsx without a password"})
		return nil
	}
	text, err := decodeText(data)
	if err != nil {
		wrong.Add(Problem{Why: err.Error(), Do: "save it as CSV in UTF-8"})
		return nil
	}
	if t, ok := readCSV(text, wrong); ok {
		return []Table{t}
	}
	return nil
}
