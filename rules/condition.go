package rules

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// maxExpression bounds the text of one expression in bytes, and with it the depth
// of its tree.
const maxExpression = 2000

// truth is a value of Kleene's three-valued logic.
type truth int8

const (
	no truth = iota - 1
	undecided
	yes
)

// condition is an expression over facts and parameters. Its boolean skeleton (and,
// or, not, known) is evaluated here in Kleene's logic; the two sides of each
// comparison are arithmetic and run in expr. A comparison that reads an absent fact,
// or comes to no finite number, is undecided.
//
// The logic is sound but does not reason across comparisons: with x absent,
// "x < 1 or x >= 1" is undecided although it could only be true.
type condition struct {
	op          string // and, or, not, known, true, false, or a comparison
	kids        []condition
	left, right *vm.Program
	names       []string // the facts that a comparison reads, or the one asked for by known
}

// parseCondition compiles text. Every name in it must be a fact or a parameter.
func parseCondition(text string, facts, parameters map[string]bool) (condition, error) {
	if len(text) > maxExpression {
		return condition{}, fmt.Errorf("the expression has %d bytes; at most %d are read", len(text), maxExpression)
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return condition{}, fmt.Errorf("parse expression: %w", err)
	}
	c := compiler{facts: facts, env: make(map[string]any)}
	for name := range facts {
		c.env[name] = 0.0
	}
	for name := range parameters {
		c.env[name] = 0.0
	}
	return c.condition(tree.Node)
}

type compiler struct {
	facts map[string]bool
	env   map[string]any
}

func (c compiler) condition(n ast.Node) (condition, error) {
	switch n := n.(type) {
	case *ast.BoolNode:
		if n.Value {
			return condition{op: "true"}, nil
		}
		return condition{op: "false"}, nil
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			kid, err := c.condition(n.Node)
			return condition{op: "not", kids: []condition{kid}}, err
		}
	case *ast.CallNode:
		return c.known(n)
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return c.pair("and", n)
		case "or", "||":
			return c.pair("or", n)
		case "<", "<=", ">", ">=", "==", "!=":
			return c.comparison(n)
		}
	}
	return condition{}, fmt.Errorf("%q is no condition: want comparisons joined by and, or, not", n)
}

func (c compiler) pair(op string, n *ast.BinaryNode) (condition, error) {
	left, err := c.condition(n.Left)
	if err != nil {
		return condition{}, err
	}
	right, err := c.condition(n.Right)
	return condition{op: op, kids: []condition{left, right}}, err
}

// known compiles known(fact), which tells whether the fact was provided and is
// itself never undecided.
func (c compiler) known(n *ast.CallNode) (condition, error) {
	callee, _ := n.Callee.(*ast.IdentifierNode)
	if callee == nil || callee.Value != "known" || len(n.Arguments) != 1 {
		return condition{}, fmt.Errorf("%q is no condition: the only function that gives one is known(fact)", n)
	}
	name, _ := n.Arguments[0].(*ast.IdentifierNode)
	if name == nil || !c.facts[name.Value] {
		return condition{}, fmt.Errorf("%q: known asks for one of the facts in needs", n)
	}
	return condition{op: "known", names: []string{name.Value}}, nil
}

func (c compiler) comparison(n *ast.BinaryNode) (condition, error) {
	out := condition{op: n.Operator}
	var err error
	if out.left, err = c.number(n.Left, &out.names); err != nil {
		return condition{}, err
	}
	if out.right, err = c.number(n.Right, &out.names); err != nil {
		return condition{}, err
	}
	slices.Sort(out.names)
	out.names = slices.Compact(out.names)
	return out, nil
}

// number compiles one side of a comparison and notes the facts that it reads.
func (c compiler) number(n ast.Node, reads *[]string) (*vm.Program, error) {
	if err := c.arithmetic(n, reads); err != nil {
		return nil, err
	}
	options := []expr.Option{
		expr.Env(c.env), expr.AsKind(reflect.Float64), expr.DisableAllBuiltins(),
		expr.EnableBuiltin("abs"), expr.EnableBuiltin("max"), expr.EnableBuiltin("min"),
	}
	program, err := expr.Compile(n.String(), options...)
	if err != nil {
		return nil, fmt.Errorf("compile %q: %w", n, err)
	}
	return program, nil
}

// arithmetic refuses everything but sums and products of numbers, so that an
// expression always ends, never fails and reads nothing but its facts.
func (c compiler) arithmetic(n ast.Node, reads *[]string) error {
	var kids []ast.Node
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return nil
	case *ast.IdentifierNode:
		if _, declared := c.env[n.Value]; !declared {
			return fmt.Errorf("unknown name %q: list it in needs or parameters", n.Value)
		}
		if c.facts[n.Value] {
			*reads = append(*reads, n.Value)
		}
		return nil
	case *ast.UnaryNode:
		if n.Operator == "-" || n.Operator == "+" {
			kids = []ast.Node{n.Node}
		}
	case *ast.BinaryNode:
		if slices.Contains([]string{"+", "-", "*", "/"}, n.Operator) {
			kids = []ast.Node{n.Left, n.Right}
		}
	case *ast.BuiltinNode:
		if slices.Contains([]string{"abs", "max", "min"}, n.Name) {
			kids = n.Arguments
		}
	}
	if len(kids) == 0 {
		return fmt.Errorf("%q is no number: want + - * / abs max min of facts, parameters and constants", n)
	}
	for _, kid := range kids {
		if err := c.arithmetic(kid, reads); err != nil {
			return err
		}
	}
	return nil
}

// eval returns the value of c, and for an undecided one the absent facts that
// would decide it, sorted.
func (c condition) eval(env map[string]any) (truth, []string, error) {
	switch c.op {
	case "true":
		return yes, nil, nil
	case "false":
		return no, nil, nil
	case "known":
		if _, given := env[c.names[0]]; given {
			return yes, nil, nil
		}
		return no, nil, nil
	case "not":
		t, missing, err := c.kids[0].eval(env)
		return -t, missing, err
	case "and":
		return c.join(env, no)
	case "or":
		return c.join(env, yes)
	}
	return c.compare(env)
}

// join evaluates and, which one false decides, and or, which one true decides.
func (c condition) join(env map[string]any, decides truth) (truth, []string, error) {
	result, missing := -decides, []string(nil)
	for _, kid := range c.kids {
		t, lacks, err := kid.eval(env)
		if err != nil || t == decides {
			return t, nil, err
		}
		if t == undecided {
			result, missing = undecided, append(missing, lacks...)
		}
	}
	slices.Sort(missing)
	return result, slices.Compact(missing), nil
}

func (c condition) compare(env map[string]any) (truth, []string, error) {
	var missing []string
	for _, name := range c.names {
		if _, given := env[name]; !given {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return undecided, missing, nil
	}
	left, err := run(c.left, env)
	if err != nil {
		return undecided, nil, err
	}
	right, err := run(c.right, env)
	if err != nil {
		return undecided, nil, err
	}
	if !finite(left) || !finite(right) {
		return undecided, nil, nil
	}
	if holds(c.op, left, right) {
		return yes, nil, nil
	}
	return no, nil, nil
}

func holds(op string, left, right float64) bool {
	switch op {
	case "<":
		return left < right
	case "<=":
		return left <= right
	case ">":
		return left > right
	case ">=":
		return left >= right
	case "==":
		return left == right
	}
	return left != right
}

func run(p *vm.Program, env map[string]any) (float64, error) {
	out, err := expr.Run(p, env)
	if err != nil {
		return 0, fmt.Errorf("run expression: %w", err)
	}
	number, ok := out.(float64)
	if !ok {
		return 0, fmt.Errorf("run expression: got %T, want a number", out)
	}
	return number, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
