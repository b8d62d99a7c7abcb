package inventory

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Template writes an empty workbook with a sheet of notes and one sheet a table. Its
// cells are formatted as text, so that long codes keep their digits, and columns with
// choices offer them. It fails only if the program is broken.
func Template() ([]byte, error) {
	s, err := readSchema()
	if err != nil {
		return nil, err
	}
	book := excelize.NewFile()
	var out bytes.Buffer
	if err := fillTemplate(book, s); err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	if err := book.Write(&out); err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	if err := book.Close(); err != nil {
		return nil, fmt.Errorf("close template: %w", err)
	}
	return out.Bytes(), nil
}

func fillTemplate(book *excelize.File, s schema) error {
	// The sheet that excelize begins with becomes the notes.
	if err := book.SetSheetName(book.GetSheetName(0), s.Notes.Sheet); err != nil {
		return err
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if err := fillNotes(book, s, bold); err != nil {
		return err
	}
	asText, err := book.NewStyle(&excelize.Style{NumFmt: 49}) // the number format of text
	if err != nil {
		return err
	}
	for _, t := range s.Tables {
		if err := fillTable(book, t, bold, asText); err != nil {
			return fmt.Errorf("sheet %q: %w", t.Sheets[0], err)
		}
	}
	return nil
}

func fillNotes(book *excelize.File, s schema, bold int) error {
	name := s.Notes.Sheet
	rows := [][]string{{s.Notes.Title}}
	for _, line := range s.Notes.Lines {
		rows = append(rows, []string{line})
	}
	rows = append(rows, nil, s.Notes.Heads)
	heads := len(rows)
	for _, t := range s.Tables {
		for _, c := range t.Columns {
			required := ""
			if c.Required {
				required = s.Notes.Required
			}
			rows = append(rows, []string{t.Sheets[0], c.Heads[0], required, strings.Join(c.choices(), " / "), c.Help})
		}
	}
	for i, values := range rows {
		if err := book.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &values); err != nil {
			return err
		}
	}
	for _, line := range []int{1, heads} {
		if err := book.SetRowStyle(name, line, line, bold); err != nil {
			return err
		}
	}
	return book.SetColWidth(name, "A", "E", 24)
}

func fillTable(book *excelize.File, t tableSchema, bold, asText int) error {
	name := t.Sheets[0]
	if _, err := book.NewSheet(name); err != nil {
		return err
	}
	for i, c := range t.Columns {
		col, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		head := c.Heads[0]
		if c.Required {
			head += "*"
		}
		if err := book.SetColStyle(name, col, asText); err != nil {
			return err
		}
		if err := book.SetCellStr(name, col+"1", head); err != nil {
			return err
		}
		if len(c.Values) == 0 {
			continue
		}
		list := excelize.NewDataValidation(true)
		list.SetSqref(fmt.Sprintf("%s2:%s1048576", col, col))
		if err := list.SetDropList(c.choices()); err != nil {
			return err
		}
		if err := book.AddDataValidation(name, list); err != nil {
			return err
		}
	}
	last, err := excelize.ColumnNumberToName(len(t.Columns))
	if err != nil {
		return err
	}
	if err := book.SetColWidth(name, "A", last, 20); err != nil {
		return err
	}
	if err := book.SetCellStyle(name, "A1", last+"1", bold); err != nil {
		return err
	}
	return book.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}
