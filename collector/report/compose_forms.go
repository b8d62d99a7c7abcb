package report

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// fillIn is a cell of a form: what was recorded, else a place to write in under a tag.
func (t text) fillIn(recorded string, tag ...string) Cell {
	if strings.TrimSpace(recorded) != "" {
		return Cell{Text: recorded}
	}
	return Cell{Tag: strings.Join(tag, ".")}
}

// field is a line of a form; see fillIn.
type field struct {
	name string // among the labels of forms
	cell Cell
}

// form is a table of labels and of what stands beside them.
func (t text) form(id, title string, fields []field) *Table {
	out := table(t, id, fields, 0, []column[field]{
		{"item", false, func(f *field) Cell { return t.text(t.label("form", f.name)) }},
		{"value", true, func(f *field) Cell { return f.cell }},
	})
	if title != "" {
		out.Title = title + " " + out.Title
	}
	return out
}

func proposedOnly(i *NoticeItem) bool { return i.Proposed() }

// listed joins words in the order of codes.
func listed[T ~string](t text, words map[T]proposal.Text, codes ...T) string {
	out := make([]string, len(codes))
	for i, code := range codes {
		out[i] = words[code].Chinese
	}
	return strings.Join(out, t.ListSeparator)
}

func (c *noticer) c4() []Block {
	x := c.texts
	values := map[string]any{
		"answers": listed(c.t, x.Answers, proposal.Agree, proposal.Partly, proposal.Disagree),
		"reasons": listed(c.t, x.Reasons, proposal.BusinessPeak, proposal.GuaranteeTask, proposal.DisasterRecovery, proposal.ExpansionPlanned, proposal.ShutdownPlanned, proposal.OtherReason),
	}
	sign := c.t.form("reply_sign", "", []field{
		{"reply_note", c.t.fillIn("", "c4.note")},
		{"reply_head", c.t.fillIn("", "c4.head")},
		{"reply_seal", c.t.fillIn("", "c4.seal")},
		{"reply_date", c.t.fillIn("", "c4.date")},
	})
	return []Block{{Paragraph: c.paragraph("c4", values)}, {Table: c.replyTable("reply")}, {Table: sign}}
}

// proposedWord is what is proposed for a host in a few words.
func (c *noticer) proposedWord(i *NoticeItem) Cell {
	word := c.t.label("action", string(i.Action))
	if i.Target.VCPU > 0 {
		word += " " + c.t.size(i.Target)
	}
	return c.t.text(word)
}

func (c *noticer) replyTable(id string) *Table {
	t := c.t
	reply := func(name string, of func(*proposal.ItemReply) string) column[NoticeItem] {
		return column[NoticeItem]{name, false, func(i *NoticeItem) Cell {
			if i.Reply == nil {
				return t.fillIn("", "c4", i.Mark, name)
			}
			return t.text(of(i.Reply))
		}}
	}
	none := func(s string) string {
		if s == "" {
			return t.None
		}
		return s
	}
	return table(t, id, c.items(proposedOnly), 0, append(whose(t), []column[NoticeItem]{
		{"proposal", false, c.proposedWord},
		reply("answer", func(r *proposal.ItemReply) string { return c.texts.Answers[r.Answer].Chinese }),
		reply("accepted", func(r *proposal.ItemReply) string {
			if r.Target == nil {
				return t.None
			}
			return t.size(*r.Target)
		}),
		reply("why", func(r *proposal.ItemReply) string {
			return none(strings.Join(strings.Fields(c.texts.Reasons[r.Why].Chinese+" "+r.Note), " "))
		}),
		reply("evidence", func(r *proposal.ItemReply) string { return r.Evidence }),
		reply("planned", func(r *proposal.ItemReply) string { return t.isoDay(r.Planned).Text }),
		reply("in_charge", func(r *proposal.ItemReply) string { return r.Contact }),
	}...))
}

func (c *noticer) c5() []Block {
	values := map[string]any{
		"decisions": listed(c.t, c.texts.Decisions, proposal.DecideDownsize, proposal.DecideReclaim, proposal.DecideAdjusted, proposal.DecideKeep, proposal.DecideDefer),
	}
	out := []Block{{Paragraph: c.paragraph("c5", values)}}
	for i := range c.n.Systems {
		s := &c.n.Systems[i]
		out = append(append(out, c.named(i, s)), tables(c.reviewHead(s), c.expertTable(s), c.reviewTable(s), c.reviewEnd(s))...)
	}
	return out
}

func (c *noticer) reviewHead(s *NoticeSystem) *Table {
	r, key := s.Proceeding.Review, mark(s.Proceeding.ID)
	if r == nil {
		r = &proposal.Review{}
	}
	date, mode := s.Proceeding.On(proposal.Reviewed).String(), ""
	if s.Proceeding.Review == nil {
		date = ""
	}
	if r.Mode != "" {
		mode = c.t.label("mode", r.Mode)
	}
	var fields []field
	for _, f := range [][2]string{
		{"review_no", r.No},
		{"review_date", date},
		{"review_mode", mode},
		{"unit_rep", r.UnitRep},
		{"provider_rep", r.ProviderRep},
		{"supervisor_rep", r.SupervisorRep},
	} {
		fields = append(fields, field{f[0], c.t.fillIn(f[1], "c5", key, f[0])})
	}
	return c.t.form("review_head", c.name(s), fields)
}

// expertRows is how many lines a form has for experts, at the least.
const expertRows = 3

func (c *noticer) expertTable(s *NoticeSystem) *Table {
	type row struct {
		n int
		proposal.Expert
	}
	var rows []row
	if r := s.Proceeding.Review; r != nil {
		for _, e := range r.Experts {
			rows = append(rows, row{len(rows), e})
		}
	}
	for len(rows) < expertRows {
		rows = append(rows, row{n: len(rows)})
	}
	key := mark(s.Proceeding.ID)
	cell := func(name string, of func(*row) string) column[row] {
		return column[row]{name, name == "opinion", func(r *row) Cell {
			return c.t.fillIn(of(r), "c5", key, fmt.Sprintf("expert%d", r.n+1), name)
		}}
	}
	out := table(c.t, "review_experts", rows, 0, []column[row]{
		{"id", false, func(r *row) Cell { return c.t.text(fmt.Sprint(r.n + 1)) }},
		cell("expert", func(r *row) string { return r.Name }),
		cell("org", func(r *row) string { return r.Org }),
		cell("position", func(r *row) string { return r.Title }),
		cell("opinion", func(r *row) string { return r.Opinion }),
		cell("signature", func(*row) string { return "" }),
	})
	out.Title = c.name(s) + " " + out.Title
	return out
}

func (c *noticer) reviewTable(s *NoticeSystem) *Table {
	t := c.t
	review := func(name string, of func(*NoticeItem) string) column[NoticeItem] {
		return column[NoticeItem]{name, false, func(i *NoticeItem) Cell {
			if i.Decision == nil {
				return t.fillIn("", "c5", i.Mark, name)
			}
			return t.fillIn(of(i), "c5", i.Mark, name)
		}}
	}
	rows := c.items(func(i *NoticeItem) bool { return i.Proposed() && i.System == s.ID })
	out := table(t, "review_items", rows, 0, []column[NoticeItem]{
		{"host", false, func(i *NoticeItem) Cell { return t.text(i.HostID) }},
		{"proposal", false, c.proposedWord},
		{"unit_reply", false, func(i *NoticeItem) Cell {
			if i.Reply == nil {
				return t.fillIn("", "c5", i.Mark, "unit_reply")
			}
			return t.text(c.texts.Answers[i.Reply.Answer].Chinese)
		}},
		review("opinion", func(i *NoticeItem) string { return i.Decision.Opinion }),
		review("decision", func(i *NoticeItem) string { return c.texts.Decisions[i.Decision.Decision].Chinese }),
		review("final_target", func(i *NoticeItem) string { return t.size(c.decided(i)) }),
		review("implement_by", func(i *NoticeItem) string { return t.isoDay(i.Decision.ImplementBy).Text }),
		review("conditions", func(i *NoticeItem) string { return i.Decision.Conditions }),
		review("exemption_until", func(i *NoticeItem) string { return t.isoDay(i.Decision.ExemptionUntil).Text }),
	})
	out.Title = c.name(s) + " " + out.Title
	return out
}

// decided is the size in which a decision ends; zero for a reclaim.
func (c *noticer) decided(i *NoticeItem) rightsize.Size {
	switch d := i.Decision; {
	case d.FinalTarget != nil:
		return *d.FinalTarget
	case d.Decision == proposal.DecideDownsize:
		return i.Target
	case d.Decision == proposal.DecideReclaim:
		return rightsize.Size{}
	}
	return i.Current
}

func (c *noticer) reviewEnd(s *NoticeSystem) *Table {
	t, p, key := c.t, &s.Proceeding, mark(s.Proceeding.ID)
	passed, reduction, conclusion, no, opinion := "", "", "", "", ""
	if p.Review != nil {
		conclusion = p.Review.Conclusion
	}
	if p.Approval != nil {
		no, opinion = p.Approval.No, p.Approval.Opinion
	}
	if p.Approval != nil && !p.ApprovedOn.IsZero() {
		u := UnitState{}
		u.add(p)
		passed = fmt.Sprintf("%d / %d", u.Passed, u.Decided)
		a := u.Approved
		reduction = fmt.Sprintf(t.SizeValue, trimmed(a.Cores), trimmed(a.MemoryGiB))
		if a.DiskGiB > 0 { // what shrinks may be storage alone
			reduction = fmt.Sprintf(t.SizeDiskValue, trimmed(a.Cores), trimmed(a.MemoryGiB), trimmed(a.DiskGiB))
		}
	}
	var fields []field
	for _, f := range [][2]string{
		{"passed", passed}, {"reduction", reduction}, {"conclusion", conclusion}, {"signatures", ""}, {"approval_no", no}, {"office", opinion},
	} {
		fields = append(fields, field{f[0], t.fillIn(f[1], "c5", key, f[0])})
	}
	return t.form("review_end", c.name(s), fields)
}
