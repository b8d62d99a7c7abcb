package main

import (
	"io"
	"strings"
)

// writeColumns writes rows of the same number of cells below each other. Chinese
// characters are as wide as two others, which text/tabwriter does not know.
func writeColumns(w io.Writer, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			text.WriteString(cell)
			if i < len(row)-1 {
				text.WriteString(strings.Repeat(" ", widths[i]-width(cell)+2))
			}
		}
		text.WriteByte('\n')
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// width is how many columns of a terminal a text takes.
func width(text string) (columns int) {
	const firstWide = 0x2e80 // of the blocks of Chinese characters and their punctuation
	for _, r := range text {
		if columns++; r >= firstWide {
			columns++
		}
	}
	return columns
}
