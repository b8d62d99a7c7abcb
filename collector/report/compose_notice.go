package report

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

//go:embed notice.yaml
var noticeFile []byte

// noticer composes a notice; what it shares with the usage report is that report's composer.
type noticer struct {
	*composer
	n     *Notice
	texts proposal.Texts
}

// ComposeNotice lays a notice out: C1 to C7 for a using unit, C8 for the office. An error
// means that the words of the report are broken.
func ComposeNotice(n Notice) (Document, error) {
	t, err := loadText(noticeFile)
	if err != nil {
		return Document{}, err
	}
	texts, err := proposal.LoadTexts()
	if err != nil {
		return Document{}, err
	}
	c := &noticer{composer: &composer{t: t, m: &Month{Open: n.Open, Through: n.Through, Rules: n.Rules}}, n: &n, texts: texts}
	d := Document{
		Title: t.Title, Name: n.Edition().FileName(), Provider: cmpName(n.Provider), Period: t.month(n.Period),
		Absent: t.Absent, Marks: t.marks(n.Open), Notices: c.notices(), Cover: c.noticeCover(),
	}
	sections := map[string]func() []Block{"C1": c.c1, "C2": c.c2, "C3": c.c3, "C4": c.c4, "C5": c.c5, "C6": c.c6, "C7": c.c7}
	order := []string{"C1", "C2", "C3", "C4", "C5", "C6", "C7"}
	if n.Unit.ID == "" {
		d.Title = t.word("cover", t.Cover, "summary_title")
		sections, order = map[string]func() []Block{"C8": c.c8}, []string{"C8"}
	}
	for i, id := range order {
		heading := t.Numerals[i+1] + t.ListSeparator + t.word("sections", t.Sections, id)
		d.Sections = append(d.Sections, Section{ID: id, Heading: heading, Blocks: sections[id]()})
	}
	d.Sheets = c.noticeSheets(d)
	if c.err != nil {
		return d, c.err
	}
	return d, t.complete()
}

// cmpName is the name of a party, or its id where it has none.
func cmpName(p Party) string {
	if strings.TrimSpace(p.Name) == "" {
		return p.ID
	}
	return p.Name
}

func (c *noticer) noticeCover() []Pair {
	t, n := c.t, c.n
	word := func(name string) string { return t.word("cover", t.Cover, name) }
	out := []Pair{}
	if n.Unit.ID != "" {
		out = append(out, Pair{Label: word("unit"), Value: t.party(n.Unit)}, c.noticeNo())
	}
	return slices.Concat(out, []Pair{
		{Label: word("sender"), Value: word("sender_value")},
		{Label: word("provider"), Value: t.party(n.Provider)},
		{Label: word("copied"), Value: word("copied_value")},
		{Label: word("period"), Value: c.window()},
		{Label: word("version"), Value: fmt.Sprintf("v%d", n.Version)},
		{Label: word("rules"), Value: t.ruleVersions(n.Rules)},
		{Label: word("issued"), Value: t.minute(n.JudgedAt)},
		{Label: word("as_of"), Value: t.date(n.AsOf)},
		{Label: word("batch"), Value: n.Batch},
		{Label: word("program"), Value: t.given(n.Program)},
	}, t.places("prepared_by", "reviewed_by", "signed_by", "issue_date"))
}

// noticeNo is the sender's number, where one was recorded, else a place for it.
func (c *noticer) noticeNo() Pair {
	label := c.t.word("cover", c.t.Cover, "notice_no")
	var numbers []string
	for i := range c.n.Systems {
		if s := c.n.Systems[i].Proceeding.Notice; s != nil && s.No != "" && !slices.Contains(numbers, s.No) {
			numbers = append(numbers, s.No)
		}
	}
	if len(numbers) == 0 {
		return Pair{Label: label, Value: c.t.Absent, Tag: "cover.notice_no"}
	}
	return Pair{Label: label, Value: strings.Join(numbers, c.t.ListSeparator)}
}

// window names the months that the evidence and the rules look at.
func (c *noticer) window() string {
	months := 1
	for _, r := range c.n.Rules {
		if r.Period != periodDay {
			months = max(months, r.Window)
		}
	}
	for i := range c.n.Systems {
		months = max(months, len(c.n.Systems[i].Evidence))
	}
	if months == 1 {
		return c.t.month(c.n.Period)
	}
	from := c.n.Period.Add(1 - months)
	return fmt.Sprintf(c.t.MonthRange, from.Year, int(from.Month), c.n.Period.Year, int(c.n.Period.Month))
}

func (c *noticer) c1() []Block {
	h := &headings{c: c.composer}
	t, n := c.t, c.n
	var current Resources
	var saving savings
	hosts, volumes, counts := 0, 0, map[rightsize.Action]int{}
	for i := range n.Systems {
		s := &n.Systems[i]
		hosts, volumes = hosts+len(s.Items)-s.volumes(), volumes+s.volumes()
		for k := range s.Items {
			if !s.Items[k].IsVolume() {
				counts[s.Items[k].Action]++
			}
			if s.Items[k].Proposed() {
				saving.add(s.Items[k].Recommendation)
			}
		}
		current.VCPU, current.MemoryGiB = current.VCPU+s.Current.VCPU, current.MemoryGiB+s.Current.MemoryGiB
	}
	actions := t.actions(counts)
	switch words := fmt.Sprintf(t.VolumeCount, volumes); {
	case volumes > 0 && hosts == 0:
		actions = words
	case volumes > 0:
		actions += t.ListSeparator + words
	}
	out := []Block{
		h.next("basis"),
		{Paragraph: c.paragraph("basis", nil)},
		h.next("criteria"),
		{Paragraph: c.paragraph("criteria", map[string]any{"window": c.window(), "judged_at": t.minute(n.JudgedAt)})},
		{Table: c.criteriaTable()},
		h.next("result"),
		{Paragraph: c.paragraph("result", map[string]any{
			"unit": cmpName(n.Unit), "systems": len(n.Systems), "hosts": hosts, "volumes": volumes, "vcpu": number(current.VCPU, 0), "memory": trimmed(current.MemoryGiB),
		})},
		{Table: c.noticedTable()},
		h.next("proposed"),
		{Paragraph: c.paragraph("proposed", map[string]any{
			"actions": actions, "vcpu": number(saving.VCPU, 0), "memory": trimmed(saving.MemoryGiB),
			"disk": t.one(saving.disk.figure()).Text, "disk_known": !saving.disk.missing, "yuan": t.yuan(saving.yuan.figure()),
		})},
		h.next("reply"),
		{Paragraph: c.replyWanted()},
		h.next("contact"),
	}
	return append(out, c.contact()...)
}

// actions counts hosts by what is proposed for them, in the order of the actions.
func (t text) actions(counts map[rightsize.Action]int) string {
	var words []string
	for _, a := range []rightsize.Action{rightsize.Downsize, rightsize.Reclaim, rightsize.Consolidate, rightsize.Shrink, rightsize.Keep, rightsize.Upsize} {
		if counts[a] > 0 {
			words = append(words, fmt.Sprintf(t.ActionCount, t.label("action", string(a)), counts[a]))
		}
	}
	if len(words) == 0 {
		return t.None
	}
	return strings.Join(words, t.ListSeparator)
}

// yuan is an amount a month, or the word for what was not provided.
func (t text) yuan(f Figure) string {
	if f.State != Known {
		return t.Absent
	}
	return fmt.Sprintf(t.YuanValue, number(f.Value, 2))
}

func (t text) period(p proposal.Period) string {
	if p.Months > 0 {
		return fmt.Sprintf(t.MonthsValue, p.Months)
	}
	return fmt.Sprintf(t.WorkingDaysValue, p.WorkingDays)
}

// replyWanted asks for the reply: with its day once notice was given, else with its period.
func (c *noticer) replyWanted() string {
	period := c.n.Workflow.Deadlines.Reply
	values := map[string]any{"period": c.t.period(period), "basis": period.Basis}
	var noticed calendar.Date
	var due calendar.Day
	for i := range c.n.Systems {
		if p := &c.n.Systems[i].Proceeding; p.NoticedOn.After(noticed) {
			noticed, due = p.NoticedOn, p.ReplyDue
		}
	}
	if noticed.IsZero() {
		return c.paragraph("reply_before", values)
	}
	values["noticed"], values["due"], values["estimated"] = c.t.date(noticed), c.t.date(due.Date), due.Estimated
	return c.paragraph("reply_after", values)
}

func (c *noticer) contact() []Block {
	for i := range c.n.Systems {
		if s := c.n.Systems[i].Proceeding.Notice; s != nil && s.Contact != "" {
			return []Block{{Paragraph: c.paragraph("contact", map[string]any{"contact": s.Contact})}}
		}
	}
	return c.blanks("contact")
}

func (c *noticer) c2() []Block {
	out := []Block{{Paragraph: c.paragraph("c2", nil)}}
	for i := range c.n.Systems {
		s := &c.n.Systems[i]
		head := c.named(i, s)
		head.Heading.Page = true
		out = append(out, head)
		if s.Shared {
			out = append(out, Block{Paragraph: c.paragraph("c2_shared", nil)})
		}
		out = append(out, Block{Paragraph: c.paragraph("c2_reasons", map[string]any{"reasons": c.t.given(strings.Join(s.Reasons, ""))})})
		out = append(out, Block{Paragraph: c.paragraph("c2_exempt", map[string]any{"result": c.exemptions(s)})})
		out = append(out, Block{Table: c.evidenceTable("evidence", []*NoticeSystem{s})}, c.spark(s, true), c.spark(s, false), Block{Table: c.hostsTable(s)})
	}
	return out
}

// named is the heading of a system within a section.
func (c *noticer) named(i int, s *NoticeSystem) Block {
	return Block{Heading: &Heading{Level: 2, Text: fmt.Sprintf("%d. %s", i+1, c.name(s))}}
}

func (c *noticer) name(s *NoticeSystem) string { return cmpName(Party{s.ID, s.Name}) }

// exemptions says which were looked for and what was found.
func (c *noticer) exemptions(s *NoticeSystem) string {
	kinds := []string{}
	for _, r := range c.n.Rules {
		for _, k := range r.Exempt {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	words := c.t.labels("exemption", kinds)
	if s.Finding == nil {
		return words + ": " + c.t.ExemptionNone
	}
	return words + ": " + c.t.checked(c.m, s.Finding)
}

// limitOf is the bound that the rule behind a notice sets to a P95.
func (c *noticer) limitOf(parameter string) Figure {
	for _, r := range c.n.Rules {
		if r.Subject != kindSystem {
			continue
		}
		for _, p := range r.Parameters {
			if p.Name == parameter {
				return Of(p.Value)
			}
		}
	}
	return Figure{}
}

// spark is the line of the daily P95 over all months of the evidence.
func (c *noticer) spark(s *NoticeSystem, cpu bool) Block {
	t := c.t
	words, limit := t.Charts.SparkMemory, c.limitOf("memory_p95_max")
	if cpu {
		words, limit = t.Charts.SparkCPU, c.limitOf("cpu_p95_max")
	}
	out := &chart.Chart{ID: "spark", Title: fmt.Sprintf(words.Title, c.name(s)), Kind: chart.Spark, Percent: true}
	if limit.State == Known {
		out.Lines = []float64{limit.Value}
	}
	for _, e := range s.Evidence {
		for _, d := range e.Days {
			f := d.Memory
			if cpu {
				f = d.CPU
			}
			out.Points = append(out.Points, chart.Point{Label: d.Day.String(), Values: []chart.Value{value(t.percent(f))}})
		}
	}
	if n := len(out.Points); n > 0 {
		note, err := t.fill(t.Charts.SparkNote, map[string]any{"from": out.Points[0].Label, "to": out.Points[n-1].Label, "limit": t.figure(limit, percentText)})
		if err != nil && c.err == nil {
			c.err = err
		}
		out.Note = note
	}
	return Block{Chart: out}
}

func (c *noticer) c3() []Block {
	l := c.n.Limits
	values := map[string]any{
		"policy": c.t.label("policy", l.Policy), "version": l.Version, "from": c.t.date(l.EffectiveFrom),
		"medium": percentText(l.RiskMedium), "high": percentText(l.RiskHigh),
	}
	return []Block{
		{Paragraph: c.paragraph("c3", values)}, {Table: c.proposedTable()}, {Table: c.riskTable()}, {Table: c.reasonTable()},
	}
}

func (c *noticer) c7() []Block {
	w := c.n.Workflow
	return []Block{
		{Paragraph: c.paragraph("c7", map[string]any{"period": c.t.period(w.Deadlines.Verification), "rebound": percentText(w.Limits.ReboundCPUP95.Value)})},
		{Table: c.verifyTable()},
		{Table: realisedTable(c.t, "realised", c.changed(), false)},
	}
}

// changed are the proposals of the month with a change.
func (c *noticer) changed() (out []LedgerRow) {
	for _, r := range c.n.Ledger {
		if r.Month == c.n.Period && r.Realised != nil {
			out = append(out, r)
		}
	}
	return out
}

func (c *noticer) c8() []Block {
	h := &headings{c: c.composer}
	t, u := c.t, &c.n.Total
	var late []LedgerRow
	for _, r := range c.n.Ledger {
		if r.LateNow() > 0 {
			late = append(late, r)
		}
	}
	values := map[string]any{
		"period": t.month(c.n.Period), "units": len(c.n.Units), "systems": u.Systems, "noticed": u.Noticed, "replied": t.percent(u.ReplyRate()).Text,
		"agreed": t.percent(u.AgreeRate()).Text, "passed": t.percent(u.PassRate()).Text, "implemented": t.percent(u.ImplementRate()).Text,
		"approved_vcpu": number(u.Approved.Cores, 0), "approved_memory": trimmed(u.Approved.MemoryGiB),
		"approved_disk": t.one(u.disk(u.Approved)).Text, "actual_disk": t.one(u.disk(u.Actual)).Text, "disk_known": !u.diskMissing,
		"actual_vcpu": number(u.Actual.Cores, 0), "actual_memory": trimmed(u.Actual.MemoryGiB), "yuan": t.yuan(u.Yuan),
		"overdue": len(late), "as_of": t.date(c.n.AsOf),
	}
	out := []Block{
		{Paragraph: c.paragraph("c8", values)},
		h.next("units"),
		{Table: c.unitsTable()},
		h.next("progress"),
		{Table: ledgerTable(t, c.texts, "ledger", c.n.Ledger)},
		h.next("overdue"),
		{Table: c.overdueTable(late)},
	}
	return append(out, c.blanks("C8")...)
}
