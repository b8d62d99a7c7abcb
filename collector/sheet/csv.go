package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Table is one sheet of a workbook, or a CSV file: heads and rows of cells, not yet
// understood. White space around a value is gone, blank rows are left out.
type Table struct {
	Name     string // of the sheet; empty for CSV
	HeadLine int    // row of the heads, from 1
	Heads    []string
	Rows     []Row
	// Date1904 says that dates are serial numbers of the 1904 system.
	Date1904 bool
	merged   []merge
}

// Row is one row below the heads; it may be shorter or longer than they are.
type Row struct {
	Line  int // row of the sheet or line of the file, from 1
	Cells []string
}

// merge is a range of merged cells, of which only the first has a value.
type merge struct {
	line, column int // of the first cell, from 1
	cells, value string
}

// decodeText turns the bytes of a CSV file into text: UTF-8 or UTF-16 by their mark,
// UTF-8 if it is valid, else GB18030, which holds GBK and GB 2312.
func decodeText(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", fmt.Errorf("is no UTF-16 text: %w", err)
		}
		data = text
	default:
		data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return "", fmt.Errorf("holds a zero byte on line %d and is no text", lineAt(data, i))
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	good, bad, first := 0, 0, -1
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			if bad++; first < 0 {
				first = i
			}
		case size > 2:
			good++
		}
		i += size
	}
	if err := mixed(data); err != nil {
		return "", err
	}
	// GBK text has next to no valid three-byte sequences of UTF-8. Reading damaged
	// UTF-8 as GBK would turn every name into another one.
	if good > bad {
		return "", fmt.Errorf("is UTF-8 text that is damaged on line %d", lineAt(data, first))
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil {
		return "", fmt.Errorf("is neither UTF-8 nor GB18030: %w", err)
	}
	if i := bytes.IndexRune(text, utf8.RuneError); i >= 0 {
		return "", fmt.Errorf("is neither UTF-8 nor GB18030 text: see line %d", lineAt(text, i))
	}
	return string(text), nil
}

// mixed finds a file that was put together from UTF-8 and GBK: some lines are valid
// UTF-8 with Chinese, others are none. The fewer of the two are told.
func mixed(data []byte) error {
	counts, first := [2]int{}, [2]int{}
	for i, line := range bytes.Split(data, []byte("\n")) {
		kind := 0 // UTF-8
		switch {
		case !utf8.Valid(line):
			kind = 1
		case !bytes.ContainsFunc(line, func(r rune) bool { return r > 0x7ff }):
			continue
		}
		if counts[kind]++; counts[kind] == 1 {
			first[kind] = i + 1
		}
	}
	// One line of GBK may happen to be valid UTF-8; a second one will not.
	if counts[0] < 2 || counts[1] == 0 {
		return nil
	}
	names, odd := [2]string{"UTF-8", "GBK"}, 0
	if counts[1] < counts[0] {
		odd = 1
	}
	return fmt.Errorf("mixes encodings: line %d is %s, line %d is %s", first[odd], names[odd], first[1-odd], names[1-odd])
}

func lineAt(data []byte, offset int) int { return 1 + bytes.Count(data[:offset], []byte("\n")) }

// readCSV reads the rows of a CSV file. The fields are parted by commas, or by tabs
// if the first line has tabs and no comma.
func readCSV(text string, wrong *Problems) (Table, bool) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	if first, _, _ := strings.Cut(text, "\n"); strings.Contains(first, "\t") && !strings.Contains(first, ",") {
		reader.Comma = '\t'
	}
	var s Table
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p := Problem{Why: err.Error(), Do: "write a quoted field as \"…\" and a quote inside it twice"}
			if at, ok := errors.AsType[*csv.ParseError](err); ok {
				p.Line, p.Why = at.Line, "is no CSV: "+at.Err.Error()
			}
			wrong.Add(p)
			return Table{}, false
		}
		line, _ := reader.FieldPos(0)
		s.put(line, record)
	}
	if s.HeadLine == 0 {
		wrong.Add(Problem{Why: "is empty", Do: "write a row of heads and rows below it"})
		return Table{}, false
	}
	return s, true
}

// put adds a row: the first that is not blank holds the heads, blank ones are skipped.
func (s *Table) put(line int, values []string) {
	values = slices.Clone(values)
	blank := true
	for i, v := range values {
		values[i] = trim(v)
		blank = blank && values[i] == ""
	}
	switch {
	case blank:
	case s.HeadLine == 0:
		s.HeadLine, s.Heads = line, values
	default:
		s.Rows = append(s.Rows, Row{Line: line, Cells: values})
	}
}

// trim takes white space off both ends, the ideographic space and the mark of byte
// order included.
func trim(s string) string { return strings.Trim(strings.TrimSpace(s), "\ufeff\u200b") }
