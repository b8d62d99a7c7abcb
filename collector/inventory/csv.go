package inventory

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

// sheet is a table as it was read: heads and rows of cells, not yet understood.
type sheet struct {
	name     string // empty for CSV
	headLine int
	heads    []string
	rows     []cells
	date1904 bool
	merged   []merge
}

type cells struct {
	line   int
	values []string
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

func lineAt(data []byte, offset int) int { return 1 + bytes.Count(data[:offset], []byte("\n")) }

// readCSV reads the rows of a CSV file. The fields are parted by commas, or by tabs
// if the first line has tabs and no comma.
func readCSV(text string, wrong *problems) (sheet, bool) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	if first, _, _ := strings.Cut(text, "\n"); strings.Contains(first, "\t") && !strings.Contains(first, ",") {
		reader.Comma = '\t'
	}
	var s sheet
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
			wrong.add(p)
			return sheet{}, false
		}
		line, _ := reader.FieldPos(0)
		s.put(line, record)
	}
	if s.headLine == 0 {
		wrong.add(Problem{Why: "is empty", Do: "write a row of heads and rows below it"})
		return sheet{}, false
	}
	return s, true
}

// put adds a row: the first that is not blank holds the heads, blank ones are skipped.
func (s *sheet) put(line int, values []string) {
	values = slices.Clone(values)
	blank := true
	for i, v := range values {
		values[i] = trim(v)
		blank = blank && values[i] == ""
	}
	switch {
	case blank:
	case s.headLine == 0:
		s.headLine, s.heads = line, values
	default:
		s.rows = append(s.rows, cells{line: line, values: values})
	}
}

// trim takes white space off both ends, the ideographic space and the mark of byte
// order included.
func trim(s string) string { return strings.Trim(strings.TrimSpace(s), "\ufeff\u200b") }
