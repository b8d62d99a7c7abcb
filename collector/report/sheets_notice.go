package report

// noticeSheets are the sheets of the workbook.
func (c *noticer) noticeSheets(d Document) []Sheet {
	t, cover := c.t, d.Cover
	sheet := func(id string, pairs []Pair, tables ...*Table) Sheet {
		s := Sheet{Name: t.Tables[id].Sheet, Title: d.Title + " " + t.Tables[id].Title, Pairs: pairs}
		for _, one := range tables {
			s.Tables = append(s.Tables, *one)
		}
		return s
	}
	basis := sheet("basis", nil, formulaTable(t), c.limitTable(), ruleTextTable(t, c.m), parameterTable(t, c.m))
	if c.n.Unit.ID == "" {
		blocks := d.Sections[0].Blocks
		var tables []*Table
		for _, b := range blocks {
			if b.Table != nil {
				tables = append(tables, b.Table)
			}
		}
		return []Sheet{sheet("annex_summary", cover, tables...), basis}
	}
	systems := make([]*NoticeSystem, len(c.n.Systems))
	for i := range systems {
		systems[i] = &c.n.Systems[i]
	}
	return []Sheet{
		sheet("annex_evidence", cover, c.criteriaTable(), c.noticedTable(), c.evidenceTable("annex_evidence", systems)),
		sheet("annex_proposed", nil, c.proposedSheet()),
		sheet("annex_reply", nil, c.replyTable("annex_reply")),
		sheet("annex_daily", nil, c.dailyTable()),
		basis,
	}
}

// limitTable has the durations and limits by which the notice was made.
func (c *noticer) limitTable() *Table {
	type row struct{ name, value, basis string }
	t, w, l := c.t, c.n.Workflow, c.n.Limits
	d := w.Deadlines
	rows := []row{
		{"reply", t.period(d.Reply), d.Reply.Basis},
		{"implementation", t.period(d.Implementation), d.Implementation.Basis},
		{"restore", t.period(d.Restore), d.Restore.Basis},
		{"verification", t.period(d.Verification), d.Verification.Basis},
		{"rebound", percentText(w.Limits.ReboundCPUP95.Value), w.Limits.ReboundCPUP95.Basis},
		{"logs", trimmed(w.Limits.LogHandoverMonths.Value), w.Limits.LogHandoverMonths.Basis},
		{"risk_medium", percentText(l.RiskMedium), l.ApprovedBy},
		{"risk_high", percentText(l.RiskHigh), l.ApprovedBy},
		{"max_cut", percentText(l.MaxCut), l.ApprovedBy},
	}
	return table(t, "limits", rows, 0, []column[row]{
		{"item", false, func(r *row) Cell { return t.text(t.label("limits", r.name)) }},
		{"value", false, func(r *row) Cell { return t.text(r.value) }},
		{"basis", true, func(r *row) Cell { return t.text(r.basis) }},
	})
}
