package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/proposal"
)

// limits of the lists in the report itself; the annexes have all rows.
const (
	listRows  = 50
	chartRows = 20 // at each end of the chart of systems
)

// composer gathers the first error, so that sections read as they are printed.
type composer struct {
	t   text
	m   *Month
	err error
}

// Compose lays the month out as the report's sections and sheets. An error means
// that the words of the report are broken.
func Compose(m Month) (Document, error) {
	t, err := loadText()
	if err != nil {
		return Document{}, err
	}
	c := &composer{t: t, m: &m}
	d := Document{
		Title: t.Title, Name: m.Edition().FileName(), Provider: t.given(m.Provider.Name), Period: t.month(m.Period),
		Absent: t.Absent, Marks: t.marks(m.Open), Notices: c.notices(), Cover: c.cover(),
	}
	if m.Provider.Name == "" {
		d.Provider = m.Provider.ID
	}
	for i, section := range []func() []Block{c.a0, c.a1, c.a2, c.a3, c.a4, c.a5, c.a6, c.a7, c.a8, c.a9} {
		id := fmt.Sprintf("A%d", i)
		heading := t.word("sections", t.Sections, id)
		if i > 0 {
			heading = t.Numerals[i] + t.ListSeparator + heading
		}
		d.Sections = append(d.Sections, Section{ID: id, Heading: heading, Blocks: append(section(), c.absent(id)...)})
	}
	d.Sheets = c.sheets(d)
	return d, c.wrong()
}

// wrong is what the words of the report lack.
func (c *composer) wrong() error {
	if c.err != nil {
		return c.err
	}
	return c.t.complete()
}

// marks are what stands on every page.
func (t text) marks(open bool) []string {
	marks := []string{t.Draft}
	if open {
		marks = append(marks, t.Open)
	}
	return marks
}

func (c *composer) paragraph(name string, values map[string]any) string {
	s, err := c.t.fill(c.t.word("paragraphs", c.t.Paragraphs, name), values)
	if err != nil && c.err == nil {
		c.err = err
	}
	return s
}

func (c *composer) notices() (out []string) {
	say := func(format string, values map[string]any) {
		s, err := c.t.fill(format, values)
		if err != nil && c.err == nil {
			c.err = err
		}
		out = append(out, s)
	}
	if c.m.Open {
		say(c.t.OpenNotice, map[string]any{"through": c.t.minute(c.m.Through)})
	}
	if moved := c.m.Quality.Moved; len(moved) > 0 {
		shown := strings.Join(moved[:min(len(moved), listRows)], c.t.ListSeparator)
		say(c.t.MovedNotice, map[string]any{"moved": shown})
	}
	return out
}

func (c *composer) cover() []Pair {
	t, m := c.t, c.m
	word := func(name string) string { return t.word("cover", t.Cover, name) }
	period := fmt.Sprintf(word("period_value"), t.date(m.Period.First()), t.date(m.Period.Next().First()))
	out := []Pair{{Label: word("provider"), Value: t.party(m.Provider)}}
	if m.Unit.ID != "" {
		out = append(out, Pair{Label: word("unit"), Value: t.party(m.Unit)})
	}
	return slices.Concat(out, []Pair{
		{Label: word("platforms"), Value: t.platforms(m.Platforms)},
		{Label: word("period"), Value: period},
		{Label: word("version"), Value: fmt.Sprintf("v%d", m.Version)},
		{Label: word("rules"), Value: t.ruleVersions(m.Rules)},
		{Label: word("issued"), Value: t.minute(m.JudgedAt)},
		{Label: word("batch"), Value: m.Batch},
		{Label: word("program"), Value: t.given(m.Program)},
		{Label: word("recipients"), Value: t.recipients(m.Unit)},
	}, t.places("report_no", "prepared_by", "reviewed_by", "signed_by", "issue_date"))
}

// absent says of the parts of a section that later versions fill that nothing was provided.
func (c *composer) absent(section string) (out []Block) {
	for _, part := range c.t.NotProvided[section] {
		out = append(out, Block{NotProvided: &Pair{Label: part, Value: c.t.Absent}})
	}
	return out
}

// blanks are the parts of a section that a person writes.
func (c *composer) blanks(section string) (out []Block) {
	for _, e := range c.t.Blanks[section] {
		out = append(out, Block{Blank: &Blank{Tag: e.Tag, Label: e.Label, Absent: c.t.Absent}})
	}
	return out
}

// headings numbers the headings inside of a section.
type headings struct {
	c *composer
	n int
}

func (h *headings) next(name string) Block {
	h.n++
	text := fmt.Sprintf(h.c.t.Subheading, h.c.t.Numerals[h.n], h.c.t.word("headings", h.c.t.Headings, name))
	return Block{Heading: &Heading{Level: 2, Text: text}}
}

func tables(all ...*Table) (out []Block) {
	for _, t := range all {
		out = append(out, Block{Table: t})
	}
	return out
}

func (c *composer) a0() []Block {
	out := append([]Block{{Paragraph: c.paragraph("a0", nil)}}, tables(qualityTable(c.t, c.m))...)
	for _, t := range []*Table{shortTable(c.t, c.m, listRows), clockTable(c.t, c.m, listRows), unknownTable(c.t, c.m, listRows)} {
		if len(t.Rows) > 0 { // the table of quality says that there are none
			out = append(out, Block{Table: t})
		}
	}
	return out
}

func (c *composer) a1() []Block {
	t, s := c.t, &c.m.Summary
	q, r := s.Quantities, s.Rates
	values := map[string]any{
		"period": t.month(c.m.Period), "provider": t.given(c.m.Provider.Name), "disk_known": q.DiskTiB.State == Known,
		"systems": t.count(q.Systems).Text, "units": t.count(q.Units).Text, "hosts": t.count(q.Hosts).Text,
		"vcpu": t.count(q.VCPU).Text, "memory_gib": t.one(q.MemoryGiB).Text, "disk_tib": t.two(q.DiskTiB).Text,
		"cpu_avg": t.usageText(r.CPUAvg), "cpu_p95": t.usageText(r.CPUP95),
		"memory_avg": t.usageText(r.MemoryAvg), "memory_p95": t.usageText(r.MemoryP95), "storage_used": t.percent(r.StorageUsed).Text,
		"low_systems": t.count(s.LowSystems).Text, "low_share": t.percent(s.LowShare).Text, "idle_hosts": s.IdleHosts,
	}
	disk := Of(s.Reclaimable.DiskGiB / 1024)
	if disk.Value == 0 && s.IdleHosts > 0 {
		disk = Figure{} // the disk of the idle hosts is not given
	}
	saving := map[string]any{
		"availability": t.figure(c.m.Operation.Overall, availabilityText), "compliance": t.percent(c.m.Logs.Total.Compliance).Text,
		"vcpu": number(s.Reclaimable.VCPU, 0), "memory": trimmed(s.Reclaimable.MemoryGiB), "disk": t.two(disk).Text, "disk_known": disk.State == Known,
		"advised": t.Absent, "yuan": t.yuan(s.Yuan), "volumes": t.reclaimedVolumes(c.m.Volumes),
	}
	if s.Advised != nil {
		saving["advised"] = t.actions(s.Advised.Actions)
		if s.Advised.changes() > 0 {
			saving["advised"] = fmt.Sprintf(t.AdvisedValue, t.actions(s.Advised.Actions), t.saved(s.Advised))
		}
	}
	return append([]Block{
		{Paragraph: c.paragraph("a1", values)},
		{Cards: c.cards()},
		{Table: comparedTable(t, c.m)},
		{Paragraph: c.paragraph("saving", saving)},
	}, c.blanks("A1")...)
}

func (c *composer) cards() (out []Card) {
	for i := range c.m.Summary.Compared {
		x := &c.m.Summary.Compared[i]
		value := c.t.one(x.Now)
		switch {
		case x.Points:
			value = c.t.usage(Usage{x.Now, x.Running})
			if x.Running.State == Absent {
				value.Note = ""
			}
		case x.Name == "disk_tib":
			value = c.t.two(x.Now)
		}
		out = append(out, Card{c.t.label("compared", x.Name), value.Text, value.Note})
	}
	return out
}

func (c *composer) a3() []Block {
	t, m := c.t, c.m
	w := m.Weights
	score := map[string]any{}
	for name, r := range map[string]Range{"cpu": w.CPU, "memory": w.Memory, "storage": w.Storage} {
		score[name+"_weight"], score[name+"_low"], score[name+"_high"] = trimmed(r.Weight), trimmed(r.Low), trimmed(r.High)
	}
	h := &headings{c: c}
	return []Block{
		h.next("units"),
		{Table: unitTable(t, "units", m, measured(t))},
		{Paragraph: c.paragraph("a3_score", score)},
		h.next("systems"),
		{Table: systemTable(t, "systems", m, measured(t))},
		{Chart: c.systemChart()},
		h.next("distribution"),
		{Table: distributionTable(t, m)},
		{Chart: c.distributionChart()},
		c.curve(),
		{Chart: c.bubbleChart()},
		h.next("load"),
		{Table: loadTable(t, m, 2*listRows)},
		h.next("volumes"),
		{Table: volumeTable(t, m, 2*listRows)},
	}
}

func (c *composer) a4() []Block {
	t, m := c.t, c.m
	h := &headings{c: c}
	out := []Block{
		{Paragraph: c.paragraph("a4", nil)},
		h.next("judged"),
		{Table: judgedTable(t, "judged", m, m.Judged, 0)},
		{Table: judgedTable(t, "idle", m, m.Idle, 2*listRows)},
		h.next("warned"),
		{Table: judgedTable(t, "warned", m, m.Warned, 2*listRows)},
	}
	out = append(out, c.ledgers(h)...)
	return append(out, h.next("exempted"), Block{Table: exemptedTable(t, m)})
}

// ledgers are A4-3 and A4-4.
func (c *composer) ledgers(h *headings) []Block {
	texts, err := proposal.LoadTexts()
	if err != nil && c.err == nil {
		c.err = err
	}
	return []Block{
		h.next("ledger"),
		{Table: ledgerTable(c.t, texts, "ledger", c.m.Ledger)},
		h.next("realised"),
		{Table: realisedTable(c.t, "realised", c.m.Changed, true)},
	}
}

func (c *composer) a8() []Block {
	return append([]Block{{Paragraph: c.paragraph("a8", nil)}}, c.blanks("A8")...)
}

func (c *composer) a9() []Block {
	out := []Block{{Paragraph: c.paragraph("a9", nil)}}
	return append(out, tables(ruleTable(c.t, c.m), parameterTable(c.t, c.m), formulaTable(c.t))...)
}

// sheets are the annexes, between a summary and the rules in full.
func (c *composer) sheets(d Document) []Sheet {
	t, m := c.t, c.m
	sheet := func(id string, pairs []Pair, tables ...*Table) Sheet {
		s := Sheet{Name: t.Tables[id].Sheet, Title: d.Title + " " + t.Tables[id].Title, Pairs: pairs}
		for _, one := range tables {
			s.Tables = append(s.Tables, *one)
		}
		return s
	}
	all := detailed(t)
	return []Sheet{
		sheet("summary", c.cover(), comparedTable(t, m), qualityTable(t, m), shortTable(t, m, 0), clockTable(t, m, 0), unknownTable(t, m, 0), distributionTable(t, m), curveTable(t, m), loadTable(t, m, 0), volumeTable(t, m, 0)),
		sheet("annex_units", nil, unitTable(t, "annex_units", m, all)),
		sheet("annex_systems", nil, systemTable(t, "annex_systems", m, all)),
		sheet("annex_hosts", nil, hostTable(t, m)),
		sheet("annex_findings", nil, findingTable(t, m)),
		sheet("annex_changes", nil, changeList(t, m), m.unknownInventory(t, flowTable(t, "flows_units", m.Capacity.Units, 0))),
		sheet("annex_faults", nil, c.faults()),
		sheet("annex_missing", nil, missingTable(t, m)),
		sheet("settlement", nil, settlementTable(t, m), averageTable(t, m, 0)),
		sheet("basis", nil, formulaTable(t), ruleTextTable(t, m), parameterTable(t, m)),
	}
}
