package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is what the programs say of one host.
type row struct {
	number                 int // from 1, in the order of trees
	tree                   tree
	agent, lynis, openscap answer
}

// versions are those of the programs, as they print them.
type versions struct {
	lynis, openscap, content, logrotate, system string
}

// page writes docs/comparison.md.
func page(w io.Writer, rows []row, v versions, made time.Time) error {
	p := &printer{w: w}
	p.line("# Beside Lynis and OpenSCAP")
	p.line("")
	p.line("Made by `make compare` on %s from root trees that it builds; do not edit. `internal/compare` holds the trees and", made.Format("2 January 2006"))
	p.line("how each program is run; its tests run ours on every tree, and the other two on some.")
	p.line("")
	p.line("Art. 31 asks that operation logs are completely kept for six months. Neither Lynis nor OpenSCAP claims to test that: they")
	p.line("test whether a host is hardened. The question here is what their findings about logs tell of Art. 31. They look at packages,")
	p.line("settings and processes; none of their tests asks how old the oldest record is, and whether all since then are there.")
	p.line("")
	p.summary(rows)
	p.line("")
	p.line("*passes*: the program says of this host what it says of host 1, which is healthy. *fails*: it has a finding that host 1 does")
	p.line("not have; the finding is named. So what either of them dislikes about all hosts, such as missing remote logging, counts for none,")
	p.line("and neither does what OpenSCAP calls unknown.")
	p.line("")
	p.line("| host | what is particular | kept for six months | yunjian-agent | Lynis | OpenSCAP |")
	p.line("|---|---|---|---|---|---|")
	for _, r := range rows {
		kept := "no"
		if r.tree.kept {
			kept = "yes"
		}
		p.line("| %d `%s` | %s | %s | %s | %s | %s |", r.number, r.tree.name, r.tree.title, kept, "`"+r.agent.verdict+"`", cell(r, rows, lynisOf), cell(r, rows, openscapOf))
	}
	p.line("")
	p.line("## What the agent prints")
	p.line("")
	p.line("The first reason of the worst verdict, and the remedy, in English; dates are as of the day on which this was made.")
	p.line("")
	for _, r := range rows {
		p.line("%d. %s", r.number, escape(r.agent.sentence))
	}
	p.line("")
	p.matrix("## Rules of OpenSCAP", "p: pass, **f**: fail, u: unknown (the state of systemd's units cannot be asked for in a tree), n: notapplicable, c: notchecked, e: error. "+
		"Identifiers are those of ComplianceAsCode behind `"+rulePrefix+"`.", rows, func(r row) map[string]string { return r.openscap.results }, scapLetter)
	p.line("")
	p.matrix("## Tests of Lynis", "–: executed without a finding, **s**: suggestion, **w**: warning, k: skipped by Lynis (another system, or the program is not there).",
		rows, func(r row) map[string]string { return r.lynis.results }, lynisLetter)
	p.line("")
	p.findings(rows)
	p.commands(v)
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) summary(rows []row) {
	broken, kept := 0, 0
	var missed, alarms [3]int
	for _, r := range rows {
		for i, a := range []answer{r.agent, r.lynis, r.openscap} {
			switch {
			case !r.tree.kept && a.silent:
				missed[i]++
			case r.tree.kept && !a.silent:
				alarms[i]++
			}
		}
		if r.tree.kept {
			kept++
		} else {
			broken++
		}
	}
	p.line("| of %d hosts | yunjian-agent | Lynis | OpenSCAP |", len(rows))
	p.line("|---|---|---|---|")
	p.line("| pass although the logs are not kept (%d hosts) | %d | %d | %d |", broken, missed[0], missed[1], missed[2])
	p.line("| fail although they are (%d hosts) | %d | %d | %d |", kept, alarms[0], alarms[1], alarms[2])
}

func lynisOf(r row) answer    { return r.lynis }
func openscapOf(r row) answer { return r.openscap }

// cell is what one of the other programs says of a host. A finding that it also has
// about a host whose logs are kept tells nothing of Art. 31, and that is said.
func cell(r row, rows []row, program func(row) answer) string {
	a := program(r)
	if a.silent {
		return a.verdict
	}
	var texts []string
	for _, rule := range a.found {
		text := []string{fmt.Sprintf("`%s` (%s)", rule, escape(a.titles[rule]))}
		for _, other := range rows {
			if !r.tree.kept && other.tree.kept && slices.Contains(program(other).found, rule) {
				text = append(text, fmt.Sprintf("as on host %d, whose logs are kept", other.number))
			}
		}
		texts = append(texts, strings.Join(text, ", "))
	}
	return "**" + a.verdict + "**: " + strings.Join(texts, "; ")
}

func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "_", `\_`).Replace(text)
}

// matrix writes the results of all rules on all hosts.
func (p *printer) matrix(title, legend string, rows []row, results func(row) map[string]string, letter func(string) string) {
	p.line("%s", title)
	p.line("")
	p.line("%s", legend)
	p.line("")
	var names, numbers []string
	for _, r := range rows {
		numbers = append(numbers, strconv.Itoa(r.number))
		for name := range results(r) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	p.line("| | %s |", strings.Join(numbers, " | "))
	p.line("|%s", strings.Repeat("---|", len(rows)+1))
	for _, name := range slices.Compact(names) {
		cells := []string{"`" + name + "`"}
		for _, r := range rows {
			cells = append(cells, letter(results(r)[name]))
		}
		p.line("| %s |", strings.Join(cells, " | "))
	}
}

func scapLetter(result string) string {
	switch result {
	case "pass":
		return "p"
	case "fail":
		return "**f**"
	case "notchecked":
		return "c"
	case "":
		return " "
	}
	return result[:1]
}

func lynisLetter(result string) string {
	switch result {
	case noFinding:
		return "–"
	case skipped:
		return "k"
	case "":
		return " "
	}
	return "**" + result[:1] + "**"
}

// findings are the sentences behind the letters of Lynis.
func (p *printer) findings(rows []row) {
	var found []string
	for _, r := range rows {
		for test, result := range r.lynis.results {
			if result != noFinding && result != skipped {
				found = append(found, "* `"+test+"`: "+escape(result))
			}
		}
	}
	slices.Sort(found)
	for _, text := range slices.Compact(found) {
		p.line("%s", text)
	}
	p.line("")
}

func (p *printer) commands(v versions) {
	p.line("## How they were run")
	p.line("")
	p.line("On %s.", v.system)
	p.line("")
	p.line("* yunjian-agent, built from this tree: `yunjian-agent logs --json --in-service DATE --config agent.yaml` with `host_root: TREE`;")
	p.line("  DATE is two years back. The verdict is the worst about any log. For host 7, `yunjian-agent run` saw and sealed the files first,")
	p.line("  and was running when the file was forged; the other hosts are seen for the first time.")
	p.line("* Lynis %s: `lynis audit system --quick --tests-from-group \"logging accounting\"`; the tests `LOGG-*` and `ACCT-*` count.", v.lynis)
	p.line("  Its `--rootdir` is not enough: it asks for processes, and calls `logrotate -d`, which reads `/etc`. So it runs in a chroot with")
	p.line("  this machine's programs (logrotate %s) and `/etc`, `/run` and `/var` of the tree; auditd, cron, systemd-journald and, where the", v.logrotate)
	p.line("  tree has it, rsyslogd are there as processes of these names, so that nothing fails for want of a running system.")
	p.line("* OpenSCAP %s with ComplianceAsCode %s (`ssg-debian` of Debian 13; that of Debian 12 has no rules for Debian 12):", v.openscap, v.content)
	p.line("  `oscap-chroot TREE xccdf eval --tailoring-file FILE --profile %s --results FILE ssg-debian12-ds.xml`.", scapProfile)
	p.line("  The tailoring selects the rules above and changes no value. `APT_CONFIG` keeps this machine's apt settings out.")
}
