package report

import (
	_ "embed"
	"fmt"
)

//go:embed security.yaml
var securityFile []byte

// securityComposer lays B and S out.
type securityComposer struct {
	composer
	s *Security
}

// ComposeSecurity lays the figures out as the report of their kind: the one on operation
// and maintenance (B), the one on the situation (S), or both bound together. An error
// means that the words of the report are broken.
func ComposeSecurity(s Security) (Document, error) {
	t, err := loadText(securityFile)
	if err != nil {
		return Document{}, err
	}
	c := &securityComposer{composer{t: t}, &s}
	d := Document{
		Title: t.word("titles", t.Titles, s.Kind), Name: s.Edition().FileName(), Provider: s.Provider.Name, Period: t.month(s.Period),
		Absent: t.Absent, Marks: t.marks(s.Open), Cover: c.cover(),
	}
	if d.Provider == "" {
		d.Provider = s.Provider.ID
	}
	if s.Open {
		notice, err := t.fill(t.OpenNotice, map[string]any{"through": t.minute(s.Through)})
		if err != nil {
			return d, err
		}
		d.Notices = []string{notice}
	}
	for i, section := range c.sections() {
		heading := t.word("sections", t.Sections, section.id)
		if i > 0 {
			heading = t.Numerals[i] + t.ListSeparator + heading
		}
		d.Sections = append(d.Sections, Section{ID: section.id, Heading: heading, Blocks: section.blocks()})
	}
	d.Sheets = c.sheets(d)
	return d, c.wrong()
}

// laid is a section with what lays it out.
type laid struct {
	id     string
	blocks func() []Block
}

// sections are those of the report, the sources first: bound together, the reports have
// one list of them.
func (c *securityComposer) sections() []laid {
	sources := laid{"B0", c.sources}
	if !c.s.operation() {
		sources.id = "S0"
	}
	out := []laid{sources}
	if c.s.operation() {
		out = append(out, []laid{{"B1", c.b1}, {"B2", c.b2}, {"B3", c.b3}, {"B4", c.b4}, {"B5", c.b5}, {"B6", c.b6}, {"B7", c.b7}, {"B8", c.b8}, {"B9", c.b9}}...)
	}
	if c.s.situation() {
		out = append(out, []laid{{"S1", c.s1}, {"S2", c.s2}, {"S3", c.s3}, {"S4", c.s4}, {"S5", c.s5}, {"S6", c.s6}}...)
	}
	return out
}

func (c *securityComposer) cover() []Pair {
	t, s := c.t, c.s
	word := func(name string) string { return t.word("cover", t.Cover, name) }
	return append([]Pair{
		{Label: word("provider"), Value: t.party(s.Provider)},
		{Label: word("platforms"), Value: t.platforms(s.Platforms)},
		{Label: word("issuer"), Value: c.issuer()},
		{Label: word("period"), Value: fmt.Sprintf(word("period_value"), t.date(s.Period.First()), t.date(s.Period.Next().First()))},
		{Label: word("version"), Value: fmt.Sprintf("v%d", s.Version)},
		{Label: word("rules"), Value: t.ruleVersions(s.Rules)},
		{Label: word("issued"), Value: t.minute(s.JudgedAt)},
		{Label: word("batch"), Value: s.Batch},
		{Label: word("program"), Value: t.given(s.Program)},
		{Label: word("recipients"), Value: t.recipients(s.Unit)},
	}, t.places("report_no", "prepared_by", "reviewed_by", "signed_by", "issue_date")...)
}

// issuer names who answers for the report, and by which article.
func (c *securityComposer) issuer() string {
	if c.s.Issuer.Type == IssuerAgency {
		return fmt.Sprintf(c.t.word("cover", c.t.Cover, "issuer_agency"), c.t.given(c.s.Issuer.Name))
	}
	return c.t.word("cover", c.t.Cover, "issuer_provider")
}

// sources say by whom and by which article the report is made, about whom, and from what.
func (c *securityComposer) sources() []Block {
	paragraph := c.paragraph("sources", map[string]any{
		"kind": c.s.Kind, "agency": c.s.Issuer.Type == IssuerAgency, "issuer": c.t.given(c.s.Issuer.Name), "provider": cmpName(c.s.Provider),
	})
	return append([]Block{{Paragraph: paragraph}}, tables(sourceTable(c.t, c.sourceTable(), c.s.Sources, false))...)
}

// sourceTable is the table of sources of the report's own sections.
func (c *securityComposer) sourceTable() string {
	if c.s.operation() {
		return "sec_sources"
	}
	return "sec_sources_situation"
}

// given returns blocks, or that a kind of records was not provided.
func (c *securityComposer) given(provided bool, kind string, blocks ...Block) []Block {
	if provided {
		return blocks
	}
	return []Block{{NotProvided: &Pair{Label: c.t.label("record_kind", kind), Value: c.t.Absent}}}
}

func (c *securityComposer) logNames() logNames {
	return logNames{systems: c.s.systems, units: c.s.names, due: c.s.dueOf}
}

func (c *securityComposer) b1() []Block {
	return append(tables(workTable(c.t, "sec_work", c.s.Operation.Work)), c.blanks("B1")...)
}

func (c *securityComposer) b2() []Block {
	t, a, h := c.t, &c.s.Assets, &headings{c: &c.composer}
	out := []Block{h.next("assets"), {Table: assetTable(t, a)}, {Table: osTable(t, a)}}
	if len(a.Clocks) > 0 { // the table of assets says that there are none
		out = append(out, Block{Table: securityClockTable(t, a)})
	}
	return append(out, h.next("protection"), Block{Table: levelTable(t, a)}, Block{Table: protectionTable(t, a.Protection)})
}

func (c *securityComposer) b3() []Block {
	t, l, n, h := c.t, &c.s.Logs, c.logNames(), &headings{c: &c.composer}
	if l.All == nil {
		return append([]Block{{Paragraph: c.paragraph("b3_none", nil)}}, tables(handoverTable(t, c.s.Handovers))...)
	}
	total := l.Total
	values := map[string]any{
		"period": t.month(c.s.Period), "due": total.Count.Due(), "compliant": total.Count.Compliant, "accumulating": total.Count.Accumulating,
		"broken": total.Count.Broken, "undetermined": total.Count.Undetermined, "waived": total.Count.Waived,
		"compliance": t.percent(total.Compliance).Text, "decidable": t.percent(total.Decidable).Text, "at_risk": l.AtRisk, "not_required": l.NotRequired,
	}
	return []Block{
		{Paragraph: c.paragraph("b3", values)},
		h.next("logs"),
		{Table: logTable(t, "sec_logs", l, true)},
		{Chart: logChart(t, l, partyUnit)},
		{Chart: logChart(t, l, partyProvider)},
		h.next("logs_broken"),
		{Table: brokenTable(t, "sec_broken", l.Broken, 2*listRows, n, true)},
		h.next("logs_accumulating"),
		{Table: accumulatingTable(t, l.Accumulating, n)},
		h.next("logs_undetermined"),
		{Table: undeterminedTable(t, l.Undetermined, n)},
		h.next("logs_foreseen"),
		{Table: foreseenTable(t, l.Foreseen, n)},
		h.next("handovers"),
		{Table: handoverTable(t, c.s.Handovers)},
	}
}

func (c *securityComposer) b4() []Block {
	v := &c.s.Vulnerabilities
	return c.given(v.Given, "vulnerabilities", tables(vulnerabilityTable(c.t, "sec_vulnerabilities", v.Totals), vulnerabilityTable(c.t, "sec_vulnerability_units", v.Units))...)
}

func (c *securityComposer) b5() []Block {
	return c.given(c.s.Baseline.Given, "baseline", tables(baselineTable(c.t, c.s.Baseline.Rows), c.baselineList())...)
}

func (c *securityComposer) b6() []Block {
	return c.given(c.s.Operation.BackupsGiven, "backups", tables(backupTable(c.t, "sec_backups", c.s.Operation.Backups))...)
}

func (c *securityComposer) b7() []Block {
	return c.given(c.s.Operation.ChangesGiven, "changes", tables(changeTable(c.t, "sec_changes", c.s.Operation.Changes))...)
}

func (c *securityComposer) b8() []Block {
	r := &c.s.Rectification
	return c.given(r.Given, "rectification", tables(rectificationTable(c.t, r.Rows, 2*listRows))...)
}

func (c *securityComposer) b9() []Block {
	return append([]Block{{Paragraph: c.paragraph("b9", nil)}}, c.blanks("B9")...)
}

func (c *securityComposer) s1() []Block {
	out := append([]Block{{Paragraph: c.paragraph("s1", nil)}}, tables(indicatorTable(c.t, c.s.Indicators))...)
	return append(out, c.blanks("S1")...)
}

func (c *securityComposer) s2() []Block {
	return c.given(c.s.Attacks.Given, "attacks", tables(c.attackTables()...)...)
}

// attackTables are S2-1 to S2-4.
func (c *securityComposer) attackTables() []*Table {
	t, a := c.t, &c.s.Attacks
	return []*Table{
		topTable(t, "sec_devices", "device", a.Devices), topTable(t, "sec_categories", "attack", a.Categories),
		topTable(t, "sec_origins", "origin", a.Origins), topTable(t, "sec_targets", "target_system", a.Targets),
	}
}

func (c *securityComposer) s3() []Block {
	o := &c.s.Operation
	if o.IncidentsGiven && len(o.Security) == 0 {
		return []Block{{Paragraph: c.paragraph("s3_none", nil)}}
	}
	return c.given(o.IncidentsGiven, "incidents", tables(incidentTable(c.t, "sec_incidents", o.Security, false))...)
}

func (c *securityComposer) s4() []Block {
	t, b := c.t, &c.s.Blind
	values := map[string]any{
		"unmanaged": len(b.Unmanaged), "offline": len(b.Offline), "undetermined": b.Undetermined, "missing": trimmed(b.MissingHours),
		"unknown": len(b.Unknown), "all": c.s.Unit.ID == "",
	}
	out := []Block{{Paragraph: c.paragraph("s4", values)}, {Table: unmanagedTable(t, b.Unmanaged, listRows)}, {Table: offlineTable(t, b.Offline, listRows)}}
	if len(b.Unknown) > 0 {
		out = append(out, Block{Table: securityUnknownTable(t, b.Unknown, listRows)})
	}
	return out
}

func (c *securityComposer) s5() []Block {
	return tables(trendTable(c.t, c.s.Trend), fullTable(c.t, c.s.Full, listRows))
}

func (c *securityComposer) s6() []Block { return c.blanks("S6") }
