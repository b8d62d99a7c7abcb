package collector_test

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/report"
)

// cellWant is what a place has to print, and the number behind it where it is a number in the
// workbook.
type cellWant struct {
	text, note string
	figure     report.Figure
	typed      bool
}

// decimal prints a number with so many decimals, never as −0.
func decimal(v float64, decimals int) string {
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}

func signedText(text string) string {
	if strings.HasPrefix(text, "-") || strings.Trim(text, "0.%") == "" {
		return text
	}
	return "+" + text
}

func typedCell(text string, v float64) cellWant {
	return cellWant{text: text, figure: report.Of(v), typed: true}
}

// num is a count or a size: one decimal where it has one.
func num[Number int | float64](v Number) cellWant {
	return typedCell(strings.TrimSuffix(decimal(float64(v), 1), ".0"), float64(v))
}

// fixed2 has two decimals, fixed1 always one.
func fixed2(v float64) cellWant { return typedCell(decimal(v, 2), v) }
func fixed1(v float64) cellWant { return typedCell(decimal(v, 1), v) }

// pct is a ratio, pct3 one with three decimals, delta a signed one.
func pct(v float64) cellWant   { return typedCell(decimal(100*v, 1)+"%", v) }
func pct3(v float64) cellWant  { return typedCell(decimal(100*v, 3)+"%", v) }
func delta(v float64) cellWant { return typedCell(signedText(decimal(100*v, 1)+"%"), v) }

// pp is a difference of ratios in percentage points.
func pp(v float64) cellWant { return typedCell(signedText(decimal(100*v, 1)), 100*v) }

// absentCell was not provided, noneCell does not exist: neither is 0.
func absentCell() cellWant { return cellWant{text: "未提供", typed: true} }

func noneCell() cellWant {
	return cellWant{text: "—", figure: report.Figure{State: report.None}, typed: true}
}

// running puts the figure by the running denominator behind one by allocation.
func (w cellWant) running(v float64) cellWant {
	return w.with("（运行口径 " + pct(v).text + "）")
}

func (w cellWant) with(note string) cellWant {
	w.note = note
	return w
}

// claims are the expectations of one document.
type claims struct {
	*definitions
	document string
	by       map[place]cellWant
	twice    []place
}

func expectations(document string, d *definitions) *claims {
	return &claims{definitions: d, document: document, by: map[place]cellWant{}}
}

func (c *claims) add(section, table, row, column string, w cellWant) {
	p := place{c.document, section, table, row, column}
	if _, ok := c.by[p]; ok {
		c.twice = append(c.twice, p)
	}
	c.by[p] = w
}

// rows claims the cells of a table. heads are divided by bars and begin with the first columns,
// by which rows are told from each other as in the document; columns may be left out behind.
func (c *claims) rows(section, table, heads string, rows ...[]any) {
	names := strings.Split(heads, "|")
	all := make([][]cellWant, len(rows))
	for i, row := range rows {
		if len(row) != len(names) {
			c.t.Fatalf("%s: row %d has %d cells for %d heads", table, i+1, len(row), len(names))
		}
		for _, cell := range row {
			switch v := cell.(type) {
			case cellWant:
				all[i] = append(all[i], v)
			case string:
				all[i] = append(all[i], cellWant{text: v})
			default:
				c.t.Fatalf("%s: %T is no cell", table, cell)
			}
		}
	}
	first := func(i, n int) string {
		var cells []string
		for _, w := range all[i][:n] {
			cells = append(cells, w.text)
		}
		return strings.Join(cells, " | ")
	}
	width := 1
	for ; width < len(names); width++ {
		seen := map[string]bool{}
		for i := range all {
			seen[first(i, width)] = true
		}
		if len(seen) == len(all) {
			break
		}
	}
	for i := range all {
		for k, w := range all[i] {
			c.add(section, table, first(i, width), names[k], w)
		}
	}
}

// text claims the nth sentence of a section, pair a labelled value of the cover, missing a part
// for which nothing was provided.
func (c *claims) text(section string, nth int, sentence string) {
	c.add(section, "text", fmt.Sprint(nth), "", cellWant{text: sentence})
}

func (c *claims) pair(label, value string) { c.add("cover", "pairs", label, "", cellWant{text: value}) }

func (c *claims) missing(section, label string) {
	c.add(section, "none", label, "", cellWant{text: "未提供"})
}

// names of the fixture that hold digits, and names of formulas, tables and percentiles.
var (
	identifiers = strings.NewReplacer(hostileSystem, "", hostileUnit, "", markFirst, "", markSecond, "", "N-0001", "", "N-0002", "")
	titles      = regexp.MustCompile(`P9[59]|F\d+|[表图附件]+[A-Z]?\d+(-\d+)?(（续）)?|〔2017〕66号`)
	digit       = regexp.MustCompile(`\d`)
)

// isFigure reports whether a place prints a number, a date, an amount or a count, or says that
// there is none.
func (s *shown) isFigure() bool {
	return s.typed || s.table == "none" || digit.MatchString(titles.ReplaceAllString(identifiers.Replace(s.text), ""))
}

// notFigures are the places whose digits say nothing about the month, each with its reason.
var notFigures = []struct {
	where  *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`/ cover / pairs / (报告版本|规则版本|数据批次|程序版本) / $`), "names of versions and the hash of the data"},
	{regexp.MustCompile(`/ (云主机|编号|系统编号|单位代码|规则编号|参数|任务编号|工单编号|事件编号|备案号|证据编号|变更凭据号|文件|SHA-256|哈希（SHA-256）|位置|操作系统)$`), "identifiers, file names and hashes"},
	{regexp.MustCompile(`/ (formulas|rules_text) /`), "the words of formulas and rules; their numbers stand in the table of parameters"},
	{regexp.MustCompile(`/ review_experts / \d+ / 编号$`), "the lines of a form are numbered"},
}

// excused says why a figure needs no claim; empty where it does.
func excused(s *shown, explanations map[string]bool) string {
	if !s.typed && explanations[s.text] {
		return "a sentence of the words of the report, printed as it stands there"
	}
	for _, x := range notFigures {
		if x.where.MatchString(s.String()) {
			return x.reason
		}
	}
	return ""
}

// explanations are all texts of the reports' words, without those that values are put into.
func explanations(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	var gather func(*yaml.Node)
	gather = func(node *yaml.Node) {
		if node.Kind == yaml.ScalarNode && !strings.Contains(node.Value, "{") && !strings.Contains(node.Value, "%s") && !strings.Contains(node.Value, "%d") {
			out[node.Value] = true
		}
		for _, inner := range node.Content {
			gather(inner)
		}
	}
	files, err := fs.Glob(os.DirFS("report"), "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile("report/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var node yaml.Node
		if err := yaml.Unmarshal(text, &node); err != nil {
			t.Fatal(err)
		}
		gather(&node)
	}
	return out
}

// same holds a printed value against a claim; empty where they agree.
func (w cellWant) differs(s *shown) string {
	switch {
	case w.text+w.note != s.text:
		return fmt.Sprintf("prints %q; want %q", s.text, w.text+w.note)
	case w.typed && !s.typed:
		return fmt.Sprintf("%q is a text in the workbook; want the number %v", s.text, w.figure.Value)
	case w.typed && (w.figure.State != s.figure.State || math.Abs(w.figure.Value-s.figure.Value) > 1e-9*max(1, math.Abs(w.figure.Value))):
		return fmt.Sprintf("%q holds %+v; want %+v", s.text, s.figure, w.figure)
	}
	return ""
}

// problems holds what documents print against the claims: a figure that nobody claims, a claim
// that nothing prints, and a difference are problems, each named by its place. met is the number
// of figures that agree.
func (c *claims) problems(all []shown, explained map[string]bool) (out []string, met int) {
	for _, p := range c.twice {
		out = append(out, fmt.Sprintf("%s is claimed twice", p))
	}
	// A sheet repeats tables of the sections, and a table may move to another one.
	anywhere := map[place]place{}
	for p := range c.by {
		of := p
		of.section = ""
		anywhere[of] = p
	}
	seen := map[place]bool{}
	for i := range all {
		s := &all[i]
		at := s.place
		w, claimed := c.by[at]
		if !claimed && at.table != "text" {
			at.section = ""
			if at, claimed = anywhere[at]; claimed {
				w = c.by[at]
			}
		}
		if !claimed {
			if s.isFigure() && excused(s, explained) == "" {
				out = append(out, fmt.Sprintf("%s: nobody claims %q", s.place, s.text))
			}
			continue
		}
		seen[at] = true
		if diff := w.differs(s); diff != "" {
			out = append(out, fmt.Sprintf("%s %s", s.place, diff))
		} else if s.isFigure() {
			met++
		}
	}
	for p, w := range c.by {
		if !seen[p] {
			out = append(out, fmt.Sprintf("%s: nothing prints %q", p, w.text))
		}
	}
	return out, met
}
