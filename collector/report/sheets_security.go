package report

import "slices"

// sheets are the annexes of the report: a summary; for operation all logs, their gaps,
// vulnerabilities and the ledger of rectification; for the situation attacks, incidents
// and what is not watched; and the sources with whole hashes.
func (c *securityComposer) sheets(d Document) []Sheet {
	t, s := c.t, c.s
	summary := c.sheet(&d, "summary", d.Cover)
	var annexes []Sheet
	if s.operation() {
		n := c.logNames()
		summary.add(logTable(t, "sec_logs", &s.Logs, true), brokenAnnex(t, s.Logs.Broken, n), assetTable(t, &s.Assets), protectionTable(t, s.Assets.Protection))
		annexes = []Sheet{
			c.sheet(&d, "annex_logs", nil, c.provided(s.Logs.All != nil, logAnnex(t, s.Logs.All, n))),
			c.sheet(&d, "annex_gaps", nil, c.provided(s.Logs.All != nil, gapAnnex(t, s.Logs.All, n))),
			c.sheet(&d, "annex_vulnerabilities", nil, c.provided(s.Vulnerabilities.Given, c.vulnerabilityList())),
			c.sheet(&d, "sec_rectification", nil, c.provided(s.Rectification.Given, rectificationTable(t, s.Rectification.Rows, 0))),
		}
	}
	if s.situation() {
		summary.add(indicatorTable(t, s.Indicators), trendTable(t, s.Trend), fullTable(t, s.Full, 0))
		attacks := c.attackTables()
		for _, one := range attacks {
			c.provided(s.Attacks.Given, one)
		}
		annexes = append(annexes,
			c.sheet(&d, "annex_attacks", nil, attacks...),
			c.sheet(&d, "sec_incidents", nil, c.provided(s.Operation.IncidentsGiven, incidentTable(t, "sec_incidents", s.Operation.Security, false))),
			c.sheet(&d, "annex_blind", nil, unmanagedTable(t, s.Blind.Unmanaged, 0), offlineTable(t, s.Blind.Offline, 0), securityUnknownTable(t, s.Blind.Unknown, 0)),
		)
	}
	return slices.Concat([]Sheet{summary}, annexes, []Sheet{c.sheet(&d, c.sourceTable(), nil, sourceTable(t, c.sourceTable(), s.Sources, true))})
}

func (c *securityComposer) sheet(d *Document, id string, pairs []Pair, tables ...*Table) Sheet {
	out := Sheet{Name: c.t.Tables[id].Sheet, Title: d.Title + " " + c.t.Tables[id].Title, Pairs: pairs}
	out.add(tables...)
	return out
}

func (s *Sheet) add(tables ...*Table) {
	for _, one := range tables {
		s.Tables = append(s.Tables, *one)
	}
}

// provided says of a table of records that they were not provided.
func (c *securityComposer) provided(given bool, table *Table) *Table {
	if !given {
		table.Empty = c.t.Absent
	}
	return table
}
