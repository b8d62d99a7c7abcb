package proposal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// disks are the finding of two cloud disks without a host, of 100 and of 200 GiB.
func disks(t testing.TB) Event {
	t.Helper()
	one := func(id string, gib float64) rightsize.Recommendation {
		return rightsize.Recommendation{
			Kind: rightsize.KindVolume, Provider: "p", HostID: id, System: "s", Action: rightsize.Reclaim,
			Current: rightsize.Size{DiskGiB: gib}, Saving: rightsize.Saving{DiskGiB: gib},
		}
	}
	return Event{Kind: KindFound, At: on(t, "11-02"), By: "test", Role: System, Data: Data{Found: &Found{
		Run: 7, Month: october, State: "judged", Findings: []Finding{{RuleID: "unattached-volume", Subject: "p/d", State: "judged"}},
		Items: []rightsize.Recommendation{one("d", 100), one("e", 200)},
	}}}
}

// volumeWay leads two disks to the file: one is given back, one shrunk.
func volumeWay(t testing.TB) []Event {
	t.Helper()
	half := &rightsize.Size{DiskGiB: 50}
	return []Event{
		disks(t),
		event(t, "11-03", Supervisor, Data{Notice: &Notice{No: "N-7"}}),
		event(t, "11-10", Unit, Data{Reply: &Reply{Items: []ItemReply{{Host: "d", Answer: Agree}, {Host: "e", Answer: Partly, Target: half}}}}),
		event(t, "11-12", Office, Data{Review: &Review{Items: []ItemReview{{Host: "d", Decision: DecideReclaim}, {Host: "e", Decision: DecideAdjusted, FinalTarget: half}}, Approval: &Decide{No: "A-1"}}}),
		event(t, "11-13", Provider, Data{Implement: &Implement{Items: []ItemChange{
			{Host: "d", Reclaim: &ReclaimProof{Backup: "B-1", Wipe: "W-1"}}, {Host: "e"},
		}}}),
		event(t, "12-14", Supervisor, Data{Verify: &Verify{}}),
		event(t, "12-15", Supervisor, Data{Close: &Close{}}),
	}
}

func TestVolumeWay(t *testing.T) {
	m := machine(t)
	p := fold(t, m, volumeWay(t)...)
	r := p.Realised()
	if p.State != Closed || r.Approved != (Reduction{DiskGiB: 250}) || r.Actual != r.Approved || *r.DiskGiB != 1 || r.Cores != nil {
		t.Errorf("%s, F12 %+v; want closed with 250 GiB", p.State, r)
	}
	var sizes []rightsize.Size
	for _, i := range p.Items {
		if s, there := i.Size(); there {
			sizes = append(sizes, s)
		}
	}
	if diff := cmp.Diff([]rightsize.Size{{DiskGiB: 50}}, sizes); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	for _, e := range volumeWay(t) {
		if _, changed, err := m.Apply(p, e); changed || err != nil {
			t.Errorf("%s again: changed %v, %v", e.Kind, changed, err)
		}
	}
	kept := fold(t, m, append(volumeWay(t)[:3], event(t, "11-12", Office, Data{Review: &Review{Approval: &Decide{}, Items: []ItemReview{
		{Host: "d", Decision: DecideKeep, ExemptionUntil: date(t, "2027-03-31")}, {Host: "e", Decision: DecideReclaim},
	}}}))...)
	want := []Exemption{{
		SubjectKind: "volume", Subject: "d", Provider: "p", Kind: ReviewKeep, Reason: "2026-10-s", Approver: "王",
		From: date(t, "2026-11-12"), Until: date(t, "2027-03-31"),
	}}
	if diff := cmp.Diff(want, m.Exemptions(&kept)); diff != "" {
		t.Errorf("exemptions (-want +got):\n%s", diff)
	}
}

func TestVolumeRefused(t *testing.T) {
	m := machine(t)
	for _, tt := range []struct {
		after int
		d     Data
		day   string
		role  Role
		want  string
	}{
		{2, Data{Reply: &Reply{Items: []ItemReply{{Host: "d", Answer: Partly, Target: sizeAt(4, 8)}}}}, "11-10", Unit, "give disk_gib alone"},
		{2, Data{Reply: &Reply{Items: []ItemReply{{Host: "d", Answer: Partly, Target: &rightsize.Size{DiskGiB: 100}}}}}, "11-10", Unit, "not smaller"},
		{3, Data{Review: &Review{Items: []ItemReview{{Host: "d", Decision: DecideDownsize}}}}, "11-12", Office, "needs a final_target"},
		{3, Data{Review: &Review{Items: []ItemReview{{Host: "d", Decision: DecideAdjusted, FinalTarget: &rightsize.Size{VCPU: 1, DiskGiB: 50}}}}}, "11-12", Office, "give disk_gib alone"},
		{4, Data{Implement: &Implement{Items: []ItemChange{{Host: "d"}}}}, "11-13", Provider, "confirmation of the backup is missing"},
		{4, Data{Implement: &Implement{Items: []ItemChange{{Host: "d", Reclaim: &ReclaimProof{Backup: "B"}}}}}, "11-13", Provider, "the data were erased is missing"},
		{4, Data{Implement: &Implement{Items: []ItemChange{{Host: "d", Reclaim: &ReclaimProof{Backup: "B", Wipe: "W", LogsReference: "L"}}}}}, "11-13", Provider, "log hand-over with logs_from"},
		{4, Data{Implement: &Implement{Items: []ItemChange{{Host: "e", After: sizeAt(1, 1)}}}}, "11-13", Provider, "give disk_gib above zero, and nothing else"},
		{4, Data{Implement: &Implement{Items: []ItemChange{{Host: "e", After: &rightsize.Size{}}}}}, "11-13", Provider, "give disk_gib above zero"},
		{5, Data{Verify: &Verify{Items: []ItemMeasure{{Host: "e", CPUP95: new(0.4)}}}}, "12-14", Supervisor, "or is a disk"},
		{5, Data{Restore: &Restore{Host: "e", After: rightsize.Size{DiskGiB: 200}}}, "11-20", Provider, "a disk is not restored"},
		{5, Data{Guard: &Guard{Host: "e", Day: date(t, "2026-11-20")}}, "11-20", System, "there is no change to watch"},
	} {
		p := fold(t, m, volumeWay(t)[:tt.after]...)
		_, _, err := m.Apply(p, event(t, tt.day, tt.role, tt.d))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v; want an error that says %q", tt.d, err, tt.want)
		}
	}
}
