package report

// Document is the report as sections, tables and charts, for any format. All
// words are in it; a renderer adds layout only.
type Document struct {
	Title string
	// Name is the file name without its ending.
	Name string
	// Provider and Period are for page heads.
	Provider, Period string
	// Marks stand on every page: draft, and open while the month is not closed.
	Marks []string
	// Notices are warnings that stand before everything else.
	Notices  []string
	Cover    []Pair
	Sections []Section
	// Sheets are the sheets of the workbook, in order.
	Sheets []Sheet
}

// Pair is a labelled value.
type Pair struct{ Label, Value string }

// Section is one of A0 to A9.
type Section struct {
	ID, Heading string
	Blocks      []Block
}

// Block is one part of a section; exactly one of its fields is set.
type Block struct {
	Paragraph string
	Cards     []Card
	Table     *Table
	Chart     *Chart
	// NotProvided names a part for which nothing was provided.
	NotProvided *Pair
}

// Card is a figure that is shown large.
type Card struct{ Label, Value, Note string }

// Kind says how a cell is typed in a workbook.
type Kind uint8

// The kinds. Ratios are stored as ratios and shown as percentages; Points are
// stored as percentage points.
const (
	KindText Kind = iota
	KindCount
	KindOne // one decimal
	KindTwo // two decimals
	KindPercent
	KindPoints
)

// Cell is one value of a table: printed, and typed.
type Cell struct {
	Kind Kind
	// Text is the value as printed, also where it is missing.
	Text string
	// Note is a second line, such as the value by the running denominator.
	Note string
	// Figure is the number of a typed cell.
	Figure Figure
}

// Table is a table with one head row.
type Table struct {
	ID, Title, Note string
	Heads           []Head
	Rows            [][]Cell
	// Total says that the last row is a sum.
	Total bool
	// More says how many rows were left out here.
	More string
	// Empty stands in place of a table without rows.
	Empty string
}

// Head is the head of a column.
type Head struct {
	Text string
	Kind Kind
	// Long columns hold sentences.
	Long bool
}

// Chart is a bar chart of ratios or counts.
type Chart struct {
	ID, Title, Note string
	// Horizontal bars have one series and a label each; the others are grouped columns.
	Horizontal bool
	Series     []string
	Points     []Point
	// Lines are values at which a line is drawn.
	Lines []float64
}

// Point is one group of bars.
type Point struct {
	Label  string
	Values []Cell
}

// Sheet is a sheet of the workbook: one or more tables below each other.
type Sheet struct {
	Name, Title string
	// Pairs stand before the tables.
	Pairs  []Pair
	Tables []Table
}
