package query

import (
	"slices"
	"strings"
)

// node is a line of EXPLAIN AST.
type node struct {
	kind     string // such as Function
	name     string // what follows, without alias and count
	depth    int
	children []*node
}

// parseTree reads EXPLAIN AST: a node a line, one blank more for each level.
func parseTree(text string) (*node, error) {
	var path []*node
	var root *node
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		body := strings.TrimLeft(line, " ")
		n := &node{depth: len(line) - len(body)}
		n.kind, n.name, _ = strings.Cut(body, " ")
		if strings.HasPrefix(n.name, "(") {
			n.name = ""
		}
		for _, tail := range []string{" (alias ", " (children "} {
			n.name, _, _ = strings.Cut(n.name, tail)
		}
		switch {
		case root == nil && n.depth == 0:
			root, path = n, []*node{n}
			continue
		case root == nil || n.depth == 0 || n.depth > len(path):
			return nil, malformed("The engine's tree of the statement cannot be read")
		}
		path = path[:n.depth]
		parent := path[n.depth-1]
		parent.children = append(parent.children, n)
		path = append(path, n)
	}
	if root == nil {
		return nil, malformed("The engine made no tree of the statement")
	}
	return root, nil
}

// Check is the second judge: tree is what the engine answers to EXPLAIN AST of
// Judged.Select. The tables that are read are returned, those of the database without it.
// The error is a RefusedError.
func (j *Judge) Check(tree string, q Judged, rules Rules) ([]string, error) {
	root, err := parseTree(tree)
	if err != nil {
		return nil, err
	}
	if root.kind != "SelectWithUnionQuery" || len(root.children) != 1 {
		return nil, denied("The statement is not one question alone: the engine reads it as %s with %d parts", root.kind, len(root.children))
	}
	c := checker{judge: j, rules: rules, named: q.named, tables: map[string]bool{}, whole: map[string]bool{}}
	for n := range q.named {
		if strings.Contains(n, ".") {
			return nil, denied("WITH %q: a name with a point could be taken for a table of another database; choose another", n)
		}
		if _, _, known := rules.resolve(n); known {
			return nil, denied("WITH %q: there is a table of that name; choose another", n)
		}
	}
	if err := c.walk(root); err != nil {
		return nil, err
	}
	if err := c.columns(); err != nil {
		return nil, err
	}
	out := make([]string, 0, len(c.tables))
	for t := range c.tables {
		out = append(out, t)
	}
	slices.Sort(out)
	return out, nil
}

// checker walks over a tree.
type checker struct {
	judge       *Judge
	rules       Rules
	named       map[string]bool
	tables      map[string]bool
	identifiers []string
	selects     []*node         // that enclose the node that is looked at
	whole       map[string]bool // tables whose columns an asterisk stands for
}

func (c *checker) walk(n *node) error {
	switch n.kind {
	case "SelectQuery":
		c.selects = append(c.selects, n)
		defer func() { c.selects = c.selects[:len(c.selects)-1] }()
	case "SelectWithUnionQuery", "SelectIntersectExceptQuery", "ExpressionList", "Subquery", "Literal",
		"TablesInSelectQuery", "TablesInSelectQueryElement", "TableJoin", "ArrayJoin", "WithElement", "SampleRatio",
		"WindowDefinition", "WindowListElement", "OrderByElement", "InterpolateElement",
		"ColumnsTransformerList", "ColumnsExceptTransformer", "ColumnsReplaceTransformer", "ColumnsReplaceTransformer::Replacement":
	case "TableExpression":
		for _, child := range n.children {
			if child.kind == "Function" {
				return denied("Table function %q: table functions are not allowed", child.name)
			}
		}
	case "Asterisk", "ColumnsRegexpMatcher", "ColumnsListMatcher":
		c.expands(c.selects[max(len(c.selects)-1, 0):])
	case "QualifiedAsterisk", "QualifiedColumnsRegexpMatcher", "QualifiedColumnsListMatcher":
		c.expands(c.selects) // the table may be that of a question around this one
	case "Identifier":
		c.identifiers = append(c.identifiers, n.name)
	case "TableIdentifier":
		if err := c.table(n.name); err != nil {
			return err
		}
	case "Function":
		if err := c.function(n); err != nil {
			return err
		}
	default:
		return denied("The statement holds a %s, which is not allowed here", n.kind)
	}
	for _, child := range n.children {
		if err := c.walk(child); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) table(named string) error {
	if c.named[named] {
		return nil
	}
	key, err := c.rules.may(named)
	if err != nil {
		return err
	}
	c.tables[key] = true
	return nil
}

func (c *checker) function(n *node) error {
	if !c.judge.functions.may(n.name) {
		return denied("Function %q is not on the list of functions that may be called here", n.name)
	}
	if len(n.children) == 0 {
		return nil
	}
	args := n.children[0].children
	if len(args) > 1 && args[0].kind == "Identifier" && c.judge.functions.takesLambda(n.name) {
		return denied("%s(%s, …): the engine would take the name for that of a function; write x -> … there", n.name, args[0].name)
	}
	// Behind IN a name may be a table.
	if slices.Contains([]string{"in", "notin", "globalin", "globalnotin"}, strings.ToLower(n.name)) && len(args) == 2 && args[1].kind == "Identifier" {
		return c.behindIn(args[1].name)
	}
	return nil
}

// expands notes that an asterisk stands for the columns of the tables of some questions.
func (c *checker) expands(selects []*node) {
	for _, s := range selects {
		for _, part := range s.children {
			if part.kind == "TablesInSelectQuery" {
				c.noteTables(part)
			}
		}
	}
}

// noteTables notes the tables below a node that are not those of a question of its own.
func (c *checker) noteTables(n *node) {
	switch n.kind {
	case "TableIdentifier":
		key, _, _ := c.rules.resolve(n.name)
		c.whole[key] = true
	case "Subquery":
		return
	}
	for _, child := range n.children {
		c.noteTables(child)
	}
}

// behindIn judges the name behind IN: an alias, or a table that may be read.
func (c *checker) behindIn(named string) error {
	if _, _, known := c.rules.resolve(named); known || strings.Contains(named, ".") {
		return c.table(named)
	}
	return nil // not a table of the database, so an alias or nothing
}

// columns holds the names in the statement against those of its tables that are not shown.
func (c *checker) columns() error {
	for _, named := range c.identifiers {
		// Such as _part_offset, which counts rows of others too.
		if column := last(named); c.rules.Scoped && strings.HasPrefix(column, "_") {
			return denied("Column %q: columns that ClickHouse makes up may not be read with this user", column)
		}
	}
	for table := range c.tables {
		t := c.rules.Tables[table]
		if len(t.Hidden)+len(t.Only) == 0 {
			continue
		}
		if c.whole[table] {
			return denied("All columns of table %q may not be read with this user: name those that you need", table)
		}
		for _, named := range c.identifiers {
			column := last(named)
			if slices.Contains(t.Hidden, column) || len(t.Only) > 0 && !slices.Contains(t.Only, column) {
				return denied("Column %q may not be read from table %q with this user", column, table)
			}
		}
	}
	return nil
}

// last is the part of a name behind its last point.
func last(named string) string { return named[strings.LastIndexByte(named, '.')+1:] }
