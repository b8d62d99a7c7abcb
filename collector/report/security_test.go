package report

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func september(day int) calendar.Date {
	return calendar.Date{Year: 2026, Month: time.September, Day: day}
}

func securityInput() SecurityInput {
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*3600))
	return SecurityInput{
		Kind:   KindSecurity,
		Period: calendar.Month{Year: 2026, Month: time.September}, Through: at, JudgedAt: at, Version: 1, Provider: Party{"p", "P"},
		Units:   []Party{{"u1", "甲"}, {"u2", "乙"}},
		Systems: []Entry{{ID: "s1", Name: "一", Unit: "u1", Status: "running"}, {ID: "s2", Name: "二", Unit: "u2", Status: "transition"}, {ID: "s3", Name: "三", Unit: "u2", Status: "retired"}},
		Hosts:   []HostFacts{{ID: "h1", System: "s1", AtEnd: true}, {ID: "h2", System: "s2", AtEnd: true}},
	}
}

// B3-6 names systems that leave, by what the inventory, the hosts or the import say.
func TestHandovers(t *testing.T) {
	in := securityInput()
	in.Released = []Released{{"h3", "s3", september(1), september(1).AddMonths(6)}, {"h4", "s3", september(5), september(5).AddMonths(6)}}
	list := func() (out []string) {
		t.Helper()
		s, err := BuildSecurity(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range s.Handovers {
			out = append(out, fmt.Sprintf("%s %d %s %s", h.System, h.Hosts, h.Until, h.State))
		}
		return out
	}
	if diff := cmp.Diff([]string{"二 0  not_provided", "三 2 2027-03-05 not_provided"}, list()); diff != "" {
		t.Error(diff)
	}
	row := func(system, exit, done string) records.Record {
		return records.Record{Kind: records.Handovers, Key: system, Values: map[string]string{"system": system, "exit_on": exit, "handed_over_on": done}}
	}
	in.Records.Sources = []records.Source{{Kind: records.Handovers}}
	in.Records.Records = map[string][]records.Record{records.Handovers: {row("s1", "2026-10-01", ""), row("s2", "2026-09-10", "2026-10-01"), row("s3", "2026-09-01", "2026-09-30")}}
	if diff := cmp.Diff([]string{"二 0  pending", "三 2 2027-03-05 done"}, list()); diff != "" {
		t.Error(diff)
	}
	in.Unit = "u1"
	if got := list(); got != nil {
		t.Errorf("the extract of another unit lists %v", got)
	}
}

// What is left of a record in the extract of a unit.
func TestExtractRecord(t *testing.T) {
	ours := map[string]bool{"s1": true}
	for _, c := range []struct {
		name       string
		kind       string
		values     map[string]string
		want       map[string]string
		wantListed bool
	}{
		{"own unit", records.Changes, map[string]string{"unit": "u1", "summary": "x"}, map[string]string{"unit": "u1", "summary": "x"}, true},
		{"other unit", records.Changes, map[string]string{"unit": "u2"}, nil, false},
		{"own unit, foreign system", records.Changes, map[string]string{"unit": "u1", "system": "s2"}, nil, false},
		{"own system", records.Attacks, map[string]string{"system": "s1"}, map[string]string{"system": "s1"}, true},
		{"of the platform", records.Changes, map[string]string{"summary": "x"}, nil, false},
		{"both units", records.Incidents, map[string]string{"title": "x", "cause": "y", "level": "1", "affected_systems": "s1" + records.ListMark + "s2"}, map[string]string{"level": "1", "affected_systems": "s1"}, true},
		{"own, tells of both", records.Incidents, map[string]string{"unit": "u1", "title": "x", "affected_systems": "s1" + records.ListMark + "s2"}, map[string]string{"unit": "u1", "affected_systems": "s1"}, true},
		{"own systems only", records.Incidents, map[string]string{"title": "x", "affected_systems": "s1"}, map[string]string{"title": "x", "affected_systems": "s1"}, true},
		{"outage of all", records.Outages, map[string]string{"service": "x"}, map[string]string{"service": "x"}, true},
		{"outage of others", records.Outages, map[string]string{"service": "x", "affected_systems": "s2"}, nil, false},
		{"work", records.Work, map[string]string{"item": "duty", "evidence": "x"}, map[string]string{"item": "duty"}, true},
		{"pools", records.Pools, map[string]string{"pool": "x"}, nil, false},
		{"order of another", records.ServiceOrders, map[string]string{"unit": "u2", "system": "s1"}, nil, false},
	} {
		got, keep := extractRecord(records.Record{Kind: c.kind, Values: c.values}, "u1", ours)
		if keep != c.wantListed || keep && !cmp.Equal(got.Values, c.want) {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, got.Values, keep, c.want, c.wantListed)
		}
	}
}
