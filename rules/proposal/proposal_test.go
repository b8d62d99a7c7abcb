package proposal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

var zone = time.FixedZone("Asia/Shanghai", 8*3600)

func machine(t testing.TB) Machine {
	t.Helper()
	c, err := calendar.Default()
	if err != nil {
		t.Fatal(err)
	}
	s, err := DefaultSchedule()
	if err != nil {
		t.Fatal(err)
	}
	return Machine{Schedule: s, Calendar: c, Zone: zone}
}

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// on is ten o'clock of a day of 2026.
func on(t testing.TB, day string) time.Time {
	t.Helper()
	return date(t, "2026-"+day).In(zone).Add(10 * time.Hour)
}

func size(vcpu, gib float64) rightsize.Size {
	return rightsize.Size{VCPU: vcpu, MemoryMiB: gib * 1024}
}

func sizeAt(vcpu, gib float64) *rightsize.Size {
	s := size(vcpu, gib)
	return &s
}

func recommendation(host string, action rightsize.Action) rightsize.Recommendation {
	r := rightsize.Recommendation{Provider: "p", HostID: host, System: "s", Unit: "N-1", Action: action, Policy: "risk", Current: size(8, 16), Target: size(4, 8)}
	if action == rightsize.Reclaim {
		r.Target = rightsize.Size{}
	}
	return r
}

var september, october = calendar.Month{Year: 2026, Month: 9}, calendar.Month{Year: 2026, Month: 10}

// finding is what the rules said of October: a host to shrink, one to reclaim, one to keep.
func finding(t testing.TB) Event {
	t.Helper()
	return Event{Kind: KindFound, At: on(t, "11-02"), By: "test", Role: System, Data: Data{Found: &Found{
		Run: 7, Month: october, State: "judged", Findings: []Finding{{RuleID: "low-utilization", Subject: "s", State: "judged", PeriodsMet: 3}},
		Items: []rightsize.Recommendation{recommendation("a", rightsize.Downsize), recommendation("b", rightsize.Reclaim), recommendation("c", rightsize.Keep)},
	}}}
}

func event(t testing.TB, day string, role Role, d Data) Event {
	t.Helper()
	return Event{Kind: d.kinds()[0], At: on(t, day), By: "王", Role: role, Data: d}
}

func proofs(t testing.TB) *ReclaimProof {
	t.Helper()
	return &ReclaimProof{Backup: "B-1", LogsFrom: date(t, "2026-05-20"), LogsTo: date(t, "2026-11-19"), LogsReference: "L-1", Wipe: "W-1"}
}

// whole is the way from the finding to the file.
//
//go:fix inline
func whole(t testing.TB) []Event {
	t.Helper()
	return []Event{
		finding(t),
		event(t, "11-03", Supervisor, Data{Notice: &Notice{No: "N-7", Contact: "李"}}),
		event(t, "11-10", Unit, Data{Reply: &Reply{Items: []ItemReply{{Host: "p/a", Answer: Partly, Target: sizeAt(6, 12)}, {Host: "p/b", Answer: Agree}}}}),
		event(t, "11-12", Office, Data{Review: &Review{Mode: "meeting", Items: []ItemReview{
			{Host: "p/a", Decision: DecideAdjusted, FinalTarget: sizeAt(6, 12)}, {Host: "p/b", Decision: DecideReclaim},
		}}}),
		event(t, "11-13", Office, Data{Decide: &Decide{No: "A-1"}}),
		event(t, "11-18", Provider, Data{Implement: &Implement{Items: []ItemChange{{Host: "p/a"}}}}),
		event(t, "11-20", Provider, Data{Implement: &Implement{Items: []ItemChange{{Host: "p/b", Reclaim: proofs(t)}}}}),
		event(t, "12-21", Supervisor, Data{Verify: &Verify{Items: []ItemMeasure{{Host: "p/a", CPUP95: new(0.4)}}}}),
		event(t, "12-22", Supervisor, Data{Close: &Close{}}),
	}
}

func head() Head {
	return Head{ID: NewID(october, "s"), System: "s", Month: october, Unit: "N-1", Providers: []string{"p"}}
}

// fold applies events, each of which has to be taken and to change something.
func fold(t testing.TB, m Machine, events ...Event) Proposal {
	t.Helper()
	p := New(head())
	for i, e := range events {
		next, changed, err := m.Apply(p, e)
		if err != nil || !changed {
			t.Fatalf("event %d, %s: changed %v, %v", i, e.Kind, changed, err)
		}
		p = next
	}
	return p
}

func TestWholeWay(t *testing.T) {
	m := machine(t)
	p := fold(t, m, whole(t)...)
	var got []string
	for _, s := range p.Stages {
		got = append(got, fmt.Sprintf("%s %s %s", m.Day(s.At), s.State, s.Role))
	}
	want := []string{
		"2026-11-02 judged system", "2026-11-03 noticed supervisor", "2026-11-10 replied unit", "2026-11-12 reviewed office", "2026-11-13 decided office",
		"2026-11-20 implemented provider", "2026-12-21 verified supervisor", "2026-12-22 closed supervisor",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	days := map[string]calendar.Day{
		"reply 10 working days after the notice":      p.ReplyDue,
		"implement 3 working days after the approval": p.ImplementDue,
		"verify a month after the change":             p.VerifyDue,
	}
	wantDays := map[string]calendar.Day{
		"reply 10 working days after the notice":      {Date: date(t, "2026-11-17")},
		"implement 3 working days after the approval": {Date: date(t, "2026-11-18")},
		"verify a month after the change":             {Date: date(t, "2026-12-21")}, // the 20th is a Sunday
	}
	if diff := cmp.Diff(wantDays, days); diff != "" {
		t.Errorf("deadlines (-want +got):\n%s", diff)
	}
	r := p.Realised()
	if r.Approved != (Reduction{Cores: 2 + 8, MemoryGiB: 4 + 16}) || r.Actual != r.Approved || *r.Cores != 1 || r.DiskGiB != nil || p.Rebound {
		t.Errorf("F12 = %+v, rebound %v", r, p.Rebound)
	}
	if steps := m.Expected(&p, date(t, "2026-12-31")); len(steps) > 0 {
		t.Errorf("a closed proposal waits for %+v", steps)
	}
	// Everything again, later and by somebody else: nothing changes.
	for _, e := range whole(t) {
		e.At, e.By = e.At.AddDate(0, 1, 0), "another"
		if next, changed, err := m.Apply(p, e); changed || err != nil || len(next.Events) != len(p.Events) {
			t.Errorf("%s again: changed %v, %v", e.Kind, changed, err)
		}
	}
}

func TestRefused(t *testing.T) {
	m := machine(t)
	all := whole(t)
	hosts := func(d ...ItemReview) Data { return Data{Review: &Review{Items: d}} }
	reply := func(r ...ItemReply) Data { return Data{Reply: &Reply{Items: r}} }
	change := func(c ...ItemChange) Data { return Data{Implement: &Implement{Items: c}} }
	reclaim := func(change func(*ReclaimProof)) Data {
		p := proofs(t)
		change(p)
		return Data{Implement: &Implement{Items: []ItemChange{{Host: "p/b", Reclaim: p}}}}
	}
	for _, tt := range []struct {
		after int // events of the whole way before it
		e     Event
		want  string
	}{
		{0, event(t, "11-03", Supervisor, Data{Notice: &Notice{}}), "only a judged system"},
		{1, event(t, "11-03", Unit, Data{Notice: &Notice{}}), `role "unit" may not: it is for supervisor, office`},
		{1, event(t, "10-31", Office, Data{Notice: &Notice{}}), "the judged month ends on 2026-10-31"},
		{1, event(t, "11-03", Unit, reply(ItemReply{Host: "p/a", Answer: Agree})), "expected now: notice by supervisor, office"},
		{2, event(t, "11-04", Office, Data{Notice: &Notice{No: "other"}}), "another content"},
		{2, event(t, "11-02", Unit, reply(ItemReply{Host: "p/a", Answer: Agree})), "before the last event on 2026-11-03"},
		{2, event(t, "11-04", Unit, reply(ItemReply{Host: "x", Answer: Agree})), `host "x" is not in the proposal`},
		{2, event(t, "11-04", Unit, reply(ItemReply{Host: "a", Answer: "yes"})), "want agree, partly or disagree"},
		{2, event(t, "11-04", Unit, reply(ItemReply{Host: "a", Answer: Partly})), "needs the target"},
		{2, event(t, "11-04", Unit, reply(ItemReply{Host: "a", Answer: Partly, Target: sizeAt(9, 8)})), "larger than the present size"},
		{2, event(t, "11-04", Unit, reply(ItemReply{Host: "a", Answer: Partly, Target: sizeAt(8, 16)})), "not smaller"},
		{2, event(t, "11-04", Unit, reply(ItemReply{Host: "a", Answer: Disagree})), "want business_peak"},
		{2, event(t, "11-04", Unit, reply(ItemReply{Host: "a", Answer: Disagree, Why: OtherReason})), "needs a note"},
		{2, event(t, "11-04", Unit, reply()), "without answer: p/a, p/b"},
		{2, event(t, "11-17", Office, hosts(ItemReview{Host: "a", Decision: DecideDownsize})), "may reply until 2026-11-17; expected now: reply by unit, supervisor, office until 2026-11-17"},
		{3, event(t, "11-10", Unit, reply(ItemReply{Host: "b", Answer: Disagree, Why: BusinessPeak})), "another content"},
		{3, event(t, "11-12", Office, hosts()), "without decision: p/a, p/b"},
		{3, event(t, "11-12", Office, hosts(ItemReview{Host: "a", Decision: DecideAdjusted})), "adjusted needs a final_target"},
		{3, event(t, "11-12", Office, hosts(ItemReview{Host: "a", Decision: DecideKeep})), "keep needs it"},
		{3, event(t, "11-12", Office, hosts(ItemReview{Host: "a", Decision: DecideKeep, ExemptionUntil: date(t, "2026-11-12")})), "not after the review"},
		{3, event(t, "11-12", Office, hosts(ItemReview{Host: "b", Decision: DecideDownsize})), "a reclaim was proposed"},
		{3, event(t, "11-12", Office, hosts(ItemReview{Host: "a", Decision: DecideReclaim, FinalTarget: sizeAt(1, 1)})), "takes no final_target"},
		{3, event(t, "11-12", Office, hosts(ItemReview{Host: "a", Decision: "maybe"})), "want downsize, reclaim, adjusted, keep or defer"},
		{3, event(t, "11-13", Office, Data{Decide: &Decide{}}), "no review to approve"},
		{4, event(t, "11-13", Office, hosts(ItemReview{Host: "b", Decision: DecideKeep, ExemptionUntil: date(t, "2027-11-12")})), "another content"},
		{4, event(t, "11-13", Supervisor, Data{Decide: &Decide{}}), "it is for office"},
		{4, event(t, "11-13", Provider, change(ItemChange{Host: "a"})), "expected now: decide by office"},
		{5, event(t, "11-16", Provider, change()), "no host is named"},
		{5, event(t, "11-16", Provider, change(ItemChange{Host: "c"})), "no change was decided"},
		{5, event(t, "11-16", Provider, change(ItemChange{Host: "a", After: sizeAt(0, 1)})), "above zero"},
		{5, event(t, "11-16", Provider, change(ItemChange{Host: "a", Reclaim: proofs(t)})), "proofs of a reclaim"},
		{5, event(t, "11-16", Provider, change(ItemChange{Host: "b"})), "backup is missing (Art. 24); p/b: the proof that the data were erased is missing (Art. 24); p/b: the confirmation of the log hand-over"},
		{5, event(t, "11-16", Provider, reclaim(func(p *ReclaimProof) { p.Wipe = "" })), "erased is missing"},
		{5, event(t, "11-16", Provider, reclaim(func(p *ReclaimProof) { p.Backup = "" })), "backup is missing"},
		{5, event(t, "11-16", Provider, reclaim(func(p *ReclaimProof) { p.LogsFrom = p.LogsFrom.AddDays(1) })), "want 6 months"},
		{5, event(t, "11-16", Provider, reclaim(func(p *ReclaimProof) { p.LogsWhole, p.LogsTo = true, p.LogsFrom.AddDays(-1) })), "want 6 months"},
		{5, event(t, "11-16", Provider, change(ItemChange{Host: "b", After: sizeAt(1, 1), Reclaim: proofs(t)})), "nothing can be left"},
		{6, event(t, "11-19", Provider, change(ItemChange{Host: "a", After: sizeAt(4, 8)})), "another content"},
		{6, event(t, "12-31", Supervisor, Data{Verify: &Verify{}}), "no implemented change"},
		{7, event(t, "12-19", Supervisor, Data{Verify: &Verify{Items: []ItemMeasure{{Host: "a", CPUP95: new(0.1)}}}}), "measured until 2026-12-20; expected now: verify by supervisor, office from 2026-12-20 until 2026-12-21"},
		{7, event(t, "12-21", Supervisor, Data{Verify: &Verify{Items: []ItemMeasure{{Host: "a"}}}}), "not verified without"},
		{7, event(t, "12-21", Supervisor, Data{Verify: &Verify{Items: []ItemMeasure{{Host: "b", CPUP95: new(0.1)}}}}), "nothing to measure"},
		{7, event(t, "12-21", Supervisor, Data{Verify: &Verify{Items: []ItemMeasure{{Host: "a", CPUP95: new(float64(40))}}}}), "want a share from 0 to 1"},
		{7, event(t, "12-21", Supervisor, Data{Verify: &Verify{}}), "not measured: p/a"},
		{7, event(t, "12-21", Supervisor, Data{Close: &Close{}}), "with a reason only"},
		{7, event(t, "12-21", Supervisor, Data{Close: &Close{Reason: "r"}}), "by the office only"},
		{7, event(t, "12-21", Office, Data{Exempt: &Exempt{Kind: "major_event", Reason: "r", Until: date(t, "2027-01-01")}}), "between the judgement and the decision"},
		{8, event(t, "12-22", Unit, Data{Dispute: &Dispute{}}), "the reason is missing"},
		{9, event(t, "12-23", Unit, Data{Dispute: &Dispute{Reason: "r"}}), "expected now: nothing, the proposal has ended"},
		{2, Event{Kind: "jump", At: on(t, "11-04"), By: "x", Role: Office}, "no kind of event"},
		{2, Event{Kind: KindReply, At: on(t, "11-04"), By: "x", Role: Unit}, `has to carry "reply"`},
		{2, Event{Kind: KindReply, At: on(t, "11-04"), Role: Unit, Data: reply()}, "name the person"},
		{2, Event{Kind: KindReply, By: "x", Role: Unit, Data: reply()}, "the time is missing"},
	} {
		p := fold(t, m, all[:tt.after]...)
		next, changed, err := m.Apply(p, tt.e)
		var refused *RefusedError
		if !errors.As(err, &refused) || changed || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s after %d events: changed %v, %v; want %q", tt.e.Kind, tt.after, changed, err, tt.want)
		}
		if diff := cmp.Diff(p, next); diff != "" {
			t.Errorf("%s refused, and changed something:\n%s", tt.e.Kind, diff)
		}
	}
}

// TestOverdue: a passed deadline reminds, and lets people go on; nothing happens by itself.
func TestOverdue(t *testing.T) {
	m, all := machine(t), whole(t)
	p := fold(t, m, all[:2]...)
	for day, want := range map[string]State{"2026-11-17": Noticed, "2026-11-18": Overdue, "2027-06-01": Overdue} {
		if got := m.StateOn(&p, date(t, day)); got != want {
			t.Errorf("on %s: %s; want %s", day, got, want)
		}
	}
	steps := m.Expected(&p, date(t, "2026-11-20"))
	if len(steps) != 2 || steps[0].Kind != KindReply || steps[0].OverdueDays != 3 || steps[1].Kind != KindReview {
		t.Errorf("expected on 2026-11-20: %+v; want the reply, 3 working days overdue, or the review", steps)
	}
	late := all[2]
	late.At = on(t, "11-25")
	if p, changed, err := m.Apply(p, late); !changed || err != nil || p.State != Replied {
		t.Errorf("a late reply: %s, %v", p.State, err)
	}
	if p, _, err := m.Apply(p, event(t, "11-18", Supervisor, Data{Review: &Review{Items: []ItemReview{
		{Host: "a", Decision: DecideDownsize}, {Host: "b", Decision: DecideDefer},
	}}})); err != nil || p.State != Reviewed {
		t.Errorf("a review without reply: %s, %v", p.State, err)
	} else if _, _, err := m.Apply(p, event(t, "11-18", Office, Data{Decide: &Decide{}})); err == nil || !strings.Contains(err.Error(), "p/b") {
		t.Errorf("the approval of a deferred item: %v", err)
	}
}

// TestKeep: what is kept is exempted from the approval on, and the system only if nothing of it changes.
func TestKeep(t *testing.T) {
	m, all := machine(t), whole(t)
	until, sooner := date(t, "2027-05-31"), date(t, "2027-03-31")
	keep := func(a, b ItemReview) Proposal {
		return fold(t, m, append(all[:3:3], event(t, "11-12", Office, Data{Review: &Review{Items: []ItemReview{a, b}, Approval: &Decide{No: "A"}}}))...)
	}
	p := keep(ItemReview{Host: "a", Decision: DecideKeep, ExemptionUntil: until, Opinion: "峰值"}, ItemReview{Host: "b", Decision: DecideKeep, ExemptionUntil: sooner})
	from := date(t, "2026-11-12")
	want := []Exemption{
		{"host", "a", "p", ReviewKeep, "峰值", "王", from, until},
		{"host", "b", "p", ReviewKeep, "2026-10-s", "王", from, sooner},
		{"information_system", "s", "", ReviewKeep, "2026-10-s", "王", from, sooner},
	}
	if diff := cmp.Diff(want, m.Exemptions(&p)); diff != "" || p.State != Exempted || p.Open() {
		t.Errorf("state %s (-want +got):\n%s", p.State, diff)
	}
	p = keep(ItemReview{Host: "a", Decision: DecideKeep, ExemptionUntil: until, Opinion: "峰值"}, ItemReview{Host: "b", Decision: DecideReclaim})
	if diff := cmp.Diff(want[:1], m.Exemptions(&p)); diff != "" || p.State != Decided {
		t.Errorf("state %s (-want +got):\n%s", p.State, diff)
	}
	p = fold(t, m, append(all[:3:3], event(t, "11-12", Office, Data{Exempt: &Exempt{Kind: "major_event", Reason: "保障", Until: until}}))...)
	if diff := cmp.Diff([]Exemption{{"information_system", "s", "", "major_event", "保障", "王", from, until}}, m.Exemptions(&p)); diff != "" {
		t.Errorf("exempted by the office (-want +got):\n%s", diff)
	}
	if p := fold(t, m, all[:4]...); len(m.Exemptions(&p)) > 0 {
		t.Errorf("exempted without approval: %+v", m.Exemptions(&p))
	}
}

// TestDispute: an objection reopens the review, and the way goes on from there.
func TestDispute(t *testing.T) {
	m, all := machine(t), whole(t)
	objection := event(t, "11-16", Unit, Data{Dispute: &Dispute{Reason: "错误"}})
	p := fold(t, m, append(all[:5:5], objection)...)
	if _, changed, err := m.Apply(p, objection); changed || err != nil {
		t.Errorf("the objection again: %v, %v", changed, err)
	}
	same := all[3]
	same.At = on(t, "11-17")
	again := objection
	again.At = on(t, "11-18")
	approve := event(t, "11-18", Office, Data{Decide: &Decide{No: "A-1"}})
	first, second := p.Key(same), fold(t, m, all[:3]...)
	if first == second.Key(same) {
		t.Error("a review after an objection has the key of the one before")
	}
	p = fold(t, m, append(all[:5:5], objection, same, approve)...)
	if p.State != Decided || p.ApprovedOn != date(t, "2026-11-18") || p.ImplementDue.Date != date(t, "2026-11-23") {
		t.Errorf("after the second approval: %s, approved on %s, due %s", p.State, p.ApprovedOn, p.ImplementDue.Date)
	}
	if p, changed, err := m.Apply(p, again); !changed || err != nil || p.State != Disputed {
		t.Errorf("the same objection to the second review: %v, %v", changed, err)
	}
}

// TestFoundAgain: what the rules say counts until the notice, and joins afterwards.
func TestFoundAgain(t *testing.T) {
	m := machine(t)
	say := func(month calendar.Month, state string, items ...rightsize.Recommendation) Event {
		return Event{Kind: KindFound, At: on(t, "11-02"), By: "test", Role: System, Data: Data{Found: &Found{Run: 1, Month: month, State: state, Items: items}}}
	}
	p := fold(t, m, say(september, "warned"), say(october, "judged", recommendation("a", rightsize.Downsize)), say(october, "observing"), say(october, "judged", recommendation("b", rightsize.Downsize)))
	if len(p.Items) != 1 || p.Items[0].Host != "p/b" || p.State != Judged {
		t.Errorf("%s with %+v", p.State, p.Items)
	}
	same := say(october, "judged", recommendation("b", rightsize.Downsize))
	same.Found.Run, same.At = 9, on(t, "11-05")
	if _, changed, err := m.Apply(p, same); changed || err != nil {
		t.Errorf("another run that says the same: %v, %v", changed, err)
	}
	if _, _, err := m.Apply(p, say(september, "judged")); err == nil {
		t.Error("an earlier month was taken")
	}
	p, _, err := m.Apply(p, event(t, "11-06", Office, Data{Notice: &Notice{}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Apply(p, say(october, "judged", recommendation("a", rightsize.Downsize))); err == nil || !strings.Contains(err.Error(), "the notice about 2026-10 is out") {
		t.Errorf("October again after the notice: %v", err)
	}
	p, changed, err := m.Apply(p, say(october.Next(), "judged", recommendation("a", rightsize.Downsize)))
	if !changed || err != nil || p.Items[0].Host != "p/b" || p.State != Noticed {
		t.Errorf("November joins: %v, %v, %+v", changed, err, p.Items)
	}
}

// TestRebound: a CPU P95 above the limit is told, and lowers nothing else.
func TestRebound(t *testing.T) {
	m, all := machine(t), whole(t)
	for v, want := range map[float64]bool{0.80: false, 0.81: true} {
		p := fold(t, m, append(all[:7:7], event(t, "12-21", Office, Data{Verify: &Verify{Items: []ItemMeasure{{Host: "a", CPUP95: &v}}}}))...)
		if p.Rebound != want || p.State != Verified {
			t.Errorf("P95 %v: rebound %v in %s; want %v", v, p.Rebound, p.State, want)
		}
	}
}

// TestGuardAndRestore: a warning sets a deadline of three working days; what was given
// back again does not count as saved.
func TestGuardAndRestore(t *testing.T) {
	m, all := machine(t), whole(t)
	warn := Event{Kind: KindGuard, At: on(t, "11-25"), By: "test", Role: System, Data: Data{Guard: &Guard{Host: "p/a", Day: date(t, "2026-11-24"), Target: size(8, 16)}}}
	p := fold(t, m, append(all[:7:7], warn)...)
	if got, want := p.Items[0].RestoreDue.Date, date(t, "2026-11-27"); got != want {
		t.Errorf("restore until %s; want %s", got, want)
	}
	if steps := m.Expected(&p, date(t, "2026-11-25")); len(steps) != 2 || steps[1].Kind != KindRestore {
		t.Errorf("expected: %+v; want the restore too", steps)
	}
	if _, _, err := m.Apply(p, event(t, "11-26", Provider, Data{Restore: &Restore{Host: "a", After: size(6, 12)}})); err == nil {
		t.Error("a restore to the same size was taken")
	}
	p, _, err := m.Apply(p, event(t, "11-26", Provider, Data{Restore: &Restore{Host: "a", After: size(8, 16)}}))
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Realised(); r.Actual.Cores != 8 || *r.Cores != 0.8 {
		t.Errorf("F12 after the restore: %+v", r)
	}
}
