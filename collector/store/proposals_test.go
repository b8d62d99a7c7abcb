package store_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

func recommended(provider, unit, host string) rightsize.Recommendation {
	risk, yuan := 0.004, 120.5
	return rightsize.Recommendation{
		Provider: provider, HostID: host, System: "s", Unit: unit, DecidedAt: calendar.Date{Year: 2026, Month: 11, Day: 1}, Action: rightsize.Downsize,
		Policy: "risk", RiskBudget: 0.01, Current: rightsize.Size{VCPU: 8, MemoryMiB: 16384}, Target: rightsize.Size{VCPU: 4, MemoryMiB: 8192},
		TargetFlavor: "c4m8", CPURisk: &risk, Saving: rightsize.Saving{Cores: 4, MemoryGiB: 8, Yuan: &yuan}, Confidence: "high", Doubts: []string{"short_history"},
		Restart: true, Chinese: "z", English: "e",
	}
}

// TestRecommendations: what is stored comes back, to each its own.
func TestRecommendations(t *testing.T) {
	s := rig.Open(t)
	run := store.JudgeRun{Run: 7, Month: calendar.Month{Year: 2026, Month: 10}}
	a, b, c := recommended("p", "N-1", "a"), recommended("p", "N-2", "b"), recommended("q", "N-1", "c")
	b.CPURisk, b.Saving.Yuan = nil, nil
	if err := s.SaveRecommendations(t.Context(), run, []rightsize.Recommendation{c, b, a}); err != nil {
		t.Fatal(err)
	}
	for of, want := range map[store.Slice][]rightsize.Recommendation{
		{}: {a, b, c}, {Unit: "N-1"}: {a, c}, {Provider: "p"}: {a, b}, {Unit: "N-1", Provider: "q"}: {c}, {Unit: "N-3"}: nil,
	} {
		got, err := s.Recommendations(t.Context(), run, of)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("of %+v: %v (-want +got):\n%s", of, err, diff)
		}
	}
	var risk *float64
	var yuan *float64
	err := s.Each(t.Context(), "SELECT cpu_risk, saving_yuan_month FROM recommendations WHERE host_id = 'b'", nil, func(scan func(...any) error) error { return scan(&risk, &yuan) })
	if err != nil || risk != nil || yuan != nil {
		t.Errorf("what is not known is %v, %v, %v; want NULL", risk, yuan, err)
	}
}

// TestProposals: heads and events come back in order, a repeat changes nothing, and of
// one event the wording that came first stays.
func TestProposals(t *testing.T) {
	s := rig.Open(t)
	at := time.Date(2026, 11, 3, 10, 0, 0, 123456000, store.Zone())
	head := func(system, unit string, providers ...string) proposal.Head {
		month := calendar.Month{Year: 2026, Month: 10}
		return proposal.Head{ID: proposal.NewID(month, system), System: system, Month: month, Unit: unit, Providers: providers}
	}
	a, b := head("a", "N-1", "p", "q"), head("b", "N-2", "q")
	for _, h := range []proposal.Head{a, b, a} {
		if err := s.SaveProposal(t.Context(), h, at); err != nil {
			t.Fatal(err)
		}
	}
	event := func(id string, n int, by string, d proposal.Data, kind proposal.Kind) store.ProposalEvent {
		recorded := at.Add(time.Duration(n) * time.Minute)
		return store.ProposalEvent{Proposal: id, ID: string(kind), RecordedAt: recorded, State: proposal.Noticed, Event: proposal.Event{Kind: kind, At: at, By: by, Role: proposal.Office, Data: d}}
	}
	notice := event(a.ID, 1, "first", proposal.Data{Notice: &proposal.Notice{No: "N-7"}}, proposal.KindNotice)
	reply := event(a.ID, 2, "unit", proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{{Host: "p/x", Answer: proposal.Agree}}}}, proposal.KindReply)
	again := event(a.ID, 3, "second", notice.Data, proposal.KindNotice)
	for _, e := range []store.ProposalEvent{reply, again, notice, again, event(b.ID, 1, "o", notice.Data, proposal.KindNotice)} {
		if err := s.AppendProposalEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		filter store.ProposalFilter
		want   []string
	}{
		{store.ProposalFilter{}, []string{"a", "b"}},
		{store.ProposalFilter{ID: a.ID}, []string{"a"}},
		{store.ProposalFilter{System: "b"}, []string{"b"}},
		{store.ProposalFilter{Slice: store.Slice{Unit: "N-1"}}, []string{"a"}},
		{store.ProposalFilter{Slice: store.Slice{Provider: "q"}}, []string{"a", "b"}},
		{store.ProposalFilter{ID: a.ID, Slice: store.Slice{Unit: "N-2"}}, nil},
	} {
		got, err := s.Proposals(t.Context(), tt.filter)
		var systems []string
		for _, r := range got {
			systems = append(systems, r.System)
			want := map[string][]store.ProposalEvent{"a": {notice, reply}}[r.System]
			if r.System == "a" {
				if diff := cmp.Diff(want, r.Events, cmpopts.EquateApproxTime(0)); diff != "" {
					t.Errorf("events of a (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(a, r.Head); diff != "" || !r.OpenedAt.Equal(at) {
					t.Errorf("opened at %s (-want +got):\n%s", r.OpenedAt, diff)
				}
			} else if len(r.Events) != 1 {
				t.Errorf("%d events of b", len(r.Events))
			}
		}
		if diff := cmp.Diff(tt.want, systems); err != nil || diff != "" {
			t.Errorf("%+v: %v (-want +got):\n%s", tt.filter, err, diff)
		}
	}
}

// TestGuardObservations: a later look at a day replaces the earlier one.
func TestGuardObservations(t *testing.T) {
	s := rig.Open(t)
	day := calendar.Date{Year: 2026, Month: 11, Day: 20}
	seen := func(host, provider string, d calendar.Date, state rightsize.GuardState, at int64) store.GuardObservation {
		return store.GuardObservation{
			Proposal: "x", Provider: provider, Unit: "N-1", System: "s", HostID: host,
			GuardFinding: rightsize.GuardFinding{State: state, Day: d, Slots: 288, CPUAbove: 3, CPUAllowed: 86, MemoryAbove: 1, CPUPeak: 2.5, MemoryPeak: 900},
			Target:       rightsize.Size{VCPU: 4, MemoryMiB: 2048}, Chinese: "z", English: "e", ObservedAt: time.Unix(at, 0).In(store.Zone()),
		}
	}
	risk := seen("a", "p", day.AddDays(1), rightsize.GuardRestore, 1790000300)
	risk.Trigger, risk.Due.Date = day.AddDays(1), day.AddDays(5)
	first, second, other := seen("a", "p", day, rightsize.GuardUnknown, 1790000000), seen("a", "p", day, rightsize.GuardOK, 1790000100), seen("b", "q", day, rightsize.GuardOK, 1790000100)
	for _, o := range []store.GuardObservation{second, first, other, risk} {
		if err := s.SaveGuard(t.Context(), []store.GuardObservation{o}); err != nil {
			t.Fatal(err)
		}
	}
	for provider, want := range map[string][]store.GuardObservation{"": {second, risk, other}, "p": {second, risk}, "r": nil} {
		got, err := s.Guard(t.Context(), "x", provider)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("of %q: %v (-want +got):\n%s", provider, err, diff)
		}
	}
}

// TestHostSlots: values stand in their slots, and what was not measured is no number.
func TestHostSlots(t *testing.T) {
	s := rig.Open(t)
	from := calendar.Date{Year: 2026, Month: 10, Day: 5}
	var rows wire.Rows
	for _, slot := range []int{0, 1, 288, 575, 576, -1} {
		row := wire.UsageRow{Host: wire.HostKey("p", "h"), TS: from.In(store.Zone()).Unix() + int64(slot)*300}
		for i, m := range wire.Totals() {
			row.Values[i] = m.Missing
		}
		row.Values[wire.IntervalSeconds], row.Values[wire.CPUUsedCores] = 300, int64(1500+slot)
		if slot != 1 {
			row.Values[wire.MemoryUsedBytes] = int64(512 + slot)
		}
		rows.Usage = append(rows.Usage, row)
	}
	now := time.Now()
	if err := s.Commit(t.Context(), &rows, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Derive(t.Context(), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	h, err := s.HostSlots(t.Context(), "p", "h", from, from.AddDays(1))
	if err != nil || h.Days() != 2 || h.From != from {
		t.Fatalf("%d days from %s, %v; want 2", h.Days(), h.From, err)
	}
	if h.CPU[0] != 1.5 || h.CPU[575] != 2.075 || h.Memory[288] != 800 || !math.IsNaN(h.CPU[2]) || !math.IsNaN(h.Memory[1]) {
		t.Errorf("slots: %v %v %v %v %v", h.CPU[0], h.CPU[575], h.Memory[288], h.CPU[2], h.Memory[1])
	}
	if h, err := s.HostSlots(t.Context(), "p", "h", from, from.AddDays(-1)); err != nil || len(h.CPU) != 0 {
		t.Errorf("no days: %d slots, %v", len(h.CPU), err)
	}
}

// TestCalendarYears: of several imports of a year the latest counts.
func TestCalendarYears(t *testing.T) {
	s := rig.Open(t)
	years := func(text string) []calendar.Year {
		t.Helper()
		y, err := calendar.ParseYears([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, store.Zone())
	first, second := years("years: [{year: 2027, holidays: [{name: a, off: [2027-01-01, 2027-05-01, 2027-10-01]}]}]"), years("years: [{year: 2027, notices: ['https://www.gov.cn/a'], holidays: [{name: a, off: [2027-01-01..2027-01-03, 2027-05-01, 2027-10-01], work: [2027-01-09]}]}]")
	from := store.Import{File: "b.yaml", SHA256: "2", By: "second", At: at.Add(time.Hour)}
	if err := s.SaveCalendarYears(t.Context(), from, second); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveCalendarYears(t.Context(), store.Import{File: "a.yaml", SHA256: "1", By: "first", At: at}, first); err != nil {
		t.Fatal(err)
	}
	got, err := s.CalendarYears(t.Context())
	want := []store.CalendarYear{{Year: second[0], Import: from}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
