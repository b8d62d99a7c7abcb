package proposal

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// someEvent makes an event, sensible or not, from a source of chance; often the one of the
// usual way that comes after so many others.
func someEvent(t testing.TB, r *rand.Rand, done int) Event {
	pick := func(n int) int { return r.IntN(n) }
	host := []string{"p/a", "b", "p/b", "c", "x", ""}[pick(6)]
	sizes := []*rightsize.Size{nil, sizeAt(4, 8), sizeAt(8, 16), sizeAt(0, 0), sizeAt(-1, 1e12)}
	all := whole(t)
	e := all[pick(len(all))]
	if pick(2) == 0 {
		e = all[min(done, len(all)-1)]
	}
	switch pick(20) {
	case 0:
		e = event(t, "11-10", Unit, Data{Reply: &Reply{Items: []ItemReply{{
			Host: host, Answer: []Answer{Agree, Partly, Disagree, ""}[pick(4)], Target: sizes[pick(5)], Why: []Why{"", BusinessPeak, OtherReason, "x"}[pick(4)],
		}}}})
	case 1:
		review := &Review{Items: []ItemReview{{
			Host: host, Decision: []Decision{DecideDownsize, DecideReclaim, DecideAdjusted, DecideKeep, DecideDefer, "x"}[pick(6)], FinalTarget: sizes[pick(5)],
		}}}
		if pick(2) == 0 {
			review.Items[0].ExemptionUntil = date(t, "2027-06-30")
		}
		if pick(3) == 0 {
			review.Approval = &Decide{}
		}
		e = event(t, "11-12", Office, Data{Review: review})
	case 2:
		e = event(t, "11-18", Provider, Data{Implement: &Implement{Items: []ItemChange{{Host: host, After: sizes[pick(5)], Reclaim: []*ReclaimProof{nil, proofs(t)}[pick(2)]}}}})
	case 3:
		e = event(t, "12-01", Office, []Data{
			{Dispute: &Dispute{Reason: "r"}},
			{Exempt: &Exempt{Kind: "k", Reason: "r", Until: date(t, "2027-01-31")}},
			{Close: &Close{Reason: "r"}},
			{Restore: &Restore{Host: host, After: *sizeAt(8, 16)}},
			{Decide: &Decide{No: "2"}},
		}[pick(5)])
	case 4:
		e = Event{Kind: KindGuard, At: on(t, "11-25"), By: "test", Role: System, Data: Data{Guard: &Guard{Host: host, Day: date(t, "2026-11-24")}}}
	}
	if pick(10) == 0 {
		e.At = e.At.AddDate(0, 0, pick(60)-20)
	}
	if pick(12) == 0 {
		e.Role = []Role{Office, Unit, Provider, Supervisor, System, ""}[pick(6)]
	}
	return e
}

// anySequence holds what no sequence of events may break: refused events change nothing, a
// repeat changes nothing, earlier values stay as they were, and what was taken folds to the
// same proposal again, through the form in which it is kept.
func anySequence(t *testing.T, m Machine, seed uint64) (reached map[State]int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // chance that can be repeated
	p := New(head())
	ids := map[string]bool{}
	reached = map[State]int{}
	for range 60 {
		e := someEvent(t, r, len(p.Events))
		before, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		next, changed, err := m.Apply(p, e)
		if after, _ := json.Marshal(p); string(after) != string(before) {
			t.Fatalf("seed %d: %s changed what was there:\n%s", seed, e.Kind, cmp.Diff(string(before), string(after)))
		}
		if err != nil || !changed {
			if after, _ := json.Marshal(next); string(after) != string(before) {
				t.Fatalf("seed %d: %s was not taken (%v), and changed something", seed, e.Kind, err)
			}
			continue
		}
		if id := p.Key(next.Events[len(next.Events)-1]); ids[id] && e.Kind != KindFound {
			t.Fatalf("seed %d: %s was taken under a key that stands", seed, e.Kind)
		} else {
			ids[id] = true
		}
		if _, twice, err := m.Apply(next, e); twice || err != nil {
			t.Fatalf("seed %d: %s twice: changed %v, %v", seed, e.Kind, twice, err)
		}
		p = next
		reached[p.State]++
		m.Exemptions(&p)
		m.Expected(&p, m.Day(e.At))
	}
	text, err := json.Marshal(p.Events)
	if err != nil {
		t.Fatal(err)
	}
	var events []Event
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	again, refused := m.Replay(p.Head, events)
	if len(refused) > 0 || !same(p, again) {
		t.Fatalf("seed %d: replayed, %v is refused (-want +got):\n%s", seed, refused, cmp.Diff(p, again))
	}
	return reached
}

// TestAnySequence also holds that the sequences get somewhere.
func TestAnySequence(t *testing.T) {
	m, reached := machine(t), map[State]int{}
	for seed := range uint64(100) {
		for s, n := range anySequence(t, m, seed) {
			reached[s] += n
		}
	}
	for _, s := range []State{Judged, Noticed, Replied, Reviewed, Decided, Implemented, Verified, Closed, Exempted, Disputed} {
		if reached[s] == 0 {
			t.Errorf("no sequence reached %s: %v", s, reached)
		}
	}
}

func FuzzSequence(f *testing.F) {
	m := machine(f)
	f.Add(uint64(0))
	f.Fuzz(func(t *testing.T, seed uint64) { anySequence(t, m, seed) })
}
