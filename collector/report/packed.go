package report

// Packed are the rows of a large table of an annex, by columns: each cell once, and which of
// them stands in which row. Rows of a table are in Rows or in Packed.
type Packed struct {
	Length  int
	Columns []PackedColumn
}

// PackedColumn is one column.
type PackedColumn struct {
	Cells []Cell
	// Index has the place in Cells for each row.
	Index []uint32
}

// Len is the number of rows.
func (t *Table) Len() int {
	if t.Packed != nil {
		return t.Packed.Length
	}
	return len(t.Rows)
}

// Row is the row at a place that is there, written into the buffer if it has room. It must not
// be changed.
func (t *Table) Row(i int, buffer []Cell) []Cell {
	if t.Packed == nil {
		return t.Rows[i]
	}
	buffer = buffer[:0]
	for k := range t.Packed.Columns {
		c := &t.Packed.Columns[k]
		buffer = append(buffer, c.Cells[c.Index[i]])
	}
	return buffer
}

// packed makes a table of n rows, all shown, that takes little memory however many there are.
func packed[Row any](t text, id string, n int, at func(int) *Row, columns []column[Row]) *Table {
	out := table[Row](t, id, nil, 0, columns)
	if n == 0 {
		return out
	}
	out.Empty = t.Tables[id].Empty
	out.Packed = &Packed{Length: n, Columns: make([]PackedColumn, len(columns))}
	seen := make([]map[Cell]uint32, len(columns))
	for k := range columns {
		seen[k] = map[Cell]uint32{}
		out.Packed.Columns[k].Index = make([]uint32, n)
	}
	for i := range n {
		row := at(i)
		for k := range columns {
			cell := columns[k].cell(row)
			c := &out.Packed.Columns[k]
			place, known := seen[k][cell]
			if !known {
				place = uint32(len(c.Cells))
				c.Cells, seen[k][cell] = append(c.Cells, cell), place
			}
			c.Index[i] = place
			out.Heads[k].Kind = max(out.Heads[k].Kind, cell.Kind)
		}
	}
	return out
}
