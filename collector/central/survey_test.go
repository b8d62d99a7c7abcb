package central

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

func date(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// proofOf is what a survey says of one host, as the collector keeps it.
func proofOf(s Survey, name string) Proof {
	p := Proof{AskedAt: s.CheckedAt, Answered: true, ProvenAt: s.CheckedAt, Window: s.Window, Retention: s.Retention, Immutable: s.Immutable}
	for _, h := range s.Hosts {
		if h.Name == name {
			p.Oldest, p.Newest, p.Empty = h.Oldest, h.Newest, h.Empty(s.Window)
		}
	}
	return p
}

// TestDecide: what a store answers leads the judge where the specification says
// (log-retention.md, 4.4, V26 to V31). The host itself keeps 30 days and no policy of it
// is known.
func TestDecide(t *testing.T) {
	records, _ := fleet()
	answers := func(policy string) map[string]string {
		return map[string]string{"/logs-*/_ilm/explain": `{"indices":{` + managed("logs-1", "hot", 1, 1) + `}}`, "/_ilm/policy/a": ilm(policy)}
	}
	survey := func(policy string) Survey {
		m := &elasticModel{t: t, records: records, settings: map[string]string{"logs-1": created(1)}, answers: answers(policy)}
		return asked(t, prober(t, elasticStore(served(t, m)), Options{}))
	}
	const hot = `"hot":{"actions":{"rollover":{}}}`
	endless := survey(hot)
	short := survey(hot + `,"delete":{"min_age":"180d","actions":{"delete":{}}}`)
	changed := func(p Proof, change func(*Proof)) Proof {
		change(&p)
		return p
	}
	type outcome struct {
		Verdict string
		AtRisk  string
		Missing []retention.Days
	}
	for _, tt := range []struct {
		name     string
		proof    Proof
		activity Activity
		want     outcome
	}{
		{"everything is there", proofOf(endless, "full"), Activity{}, outcome{Verdict: "compliant_by_forward"}},
		{
			"three days are lost", proofOf(endless, "hole"),
			Activity{},
			outcome{Verdict: "violated.short_coverage", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"the same, on days on which the host was off", proofOf(endless, "hole"),
			Activity{Up: func(d calendar.Date) bool { return d.Before(date(t, "2026-08-03")) || d.After(date(t, "2026-08-05")) }},
			outcome{Verdict: "compliant_by_forward"},
		},
		{"the same, of a source that may be quiet", proofOf(endless, "hole"), Activity{QuietOK: true}, outcome{Verdict: "compliant_by_forward"}},
		{
			"quiet, but known to have written", proofOf(endless, "hole"),
			Activity{QuietOK: true, Wrote: func(d calendar.Date) bool { return d == date(t, "2026-08-04") }},
			outcome{Verdict: "violated.short_coverage", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"the store began late", proofOf(endless, "late"),
			Activity{},
			outcome{Verdict: "violated.short_coverage", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"the store knows nothing of the host", proofOf(endless, "nobody"),
			Activity{},
			outcome{Verdict: "violated.short_coverage", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"proven ten days ago, and unreachable now", changed(proofOf(endless, "full"), func(p *Proof) { p.Answered, p.ProvenAt = false, now.AddDate(0, 0, -10) }),
			Activity{},
			outcome{Verdict: "unknown.remote_unreachable", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"proven, and not asked since", changed(proofOf(endless, "full"), func(p *Proof) { p.AskedAt, p.ProvenAt = now.AddDate(0, 0, -3), now.AddDate(0, 0, -3) }),
			Activity{},
			outcome{Verdict: "unknown.remote_unreachable", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"unreachable for forty days", changed(proofOf(endless, "full"), func(p *Proof) { p.Answered, p.ProvenAt = false, now.AddDate(0, 0, -40) }),
			Activity{},
			outcome{Verdict: "violated.short_coverage", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"configured, and never answered",
			Proof{AskedAt: now},
			Activity{},
			outcome{Verdict: "violated.short_coverage", Missing: []retention.Days{{From: date(t, "2026-05-01"), To: date(t, "2026-09-30")}}},
		},
		{
			"180 days in the store, and the host is younger", changed(proofOf(short, "full"), func(p *Proof) {
				p.Oldest = date(t, "2026-06-30").In(Zone())
			}), Activity{}, outcome{Verdict: "at_risk", AtRisk: "2026-12-26"},
		},
	} {
		src := retention.Source{
			Identity: retention.Identity{Host: "h", Class: "os-auth"}, Scope: retention.Scope{Start: date(t, "2020-01-01"), Mandatory: true},
			Segments: []retention.Segment{{First: now.AddDate(0, 0, -30), Last: now.Add(-time.Minute), ModTime: now}}, Policy: retention.Age{Days: 30, Setting: "x"},
			Rate: retention.Rate{P95: 1}, Writer: retention.Writer{State: retention.WriterRunning}, Clock: retention.Clock{Known: true}, LastReport: now,
			Silence: retention.Silence{QuietOK: true}, Remote: tt.proof.Remote(tt.activity),
		}
		if tt.want.Verdict == "at_risk" {
			src.Scope.Start = date(t, "2026-06-30")
		}
		d := retention.Decide(src, now, retention.Period{})
		got := outcome{Verdict: d.Name(), Missing: d.Missing}
		if !d.AtRiskDate.IsZero() {
			got.AtRisk = d.AtRiskDate.String()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s\n%+v", tt.name, diff, d.Reasons)
		}
	}
}

// TestMerge adds what a store holds of one host under two names.
func TestMerge(t *testing.T) {
	at := func(hour int) time.Time { return first.In(Zone()).Add(time.Duration(hour) * time.Hour) }
	window := retention.Days{From: first, To: first.AddDays(2)}
	a := Host{Name: "web01", Oldest: at(1), Newest: at(5), Counts: []uint64{3, 0, 0}}
	b := Host{Name: "web01.gov", Oldest: at(2), Newest: at(40), Counts: []uint64{1, 1, 0}}
	got := a.Merge(b)
	want := Host{Name: "web01", Oldest: at(1), Newest: at(40), Counts: []uint64{4, 1, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]calendar.Date{first.AddDays(1)}, a.Empty(window)); diff != "" {
		t.Errorf("the last day is not over (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]uint64{3, 0, 0}, a.Counts); diff != "" {
		t.Errorf("a was changed (-want +got):\n%s", diff)
	}
}
