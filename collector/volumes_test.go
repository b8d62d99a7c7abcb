package collector_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// volumeFleet has disks in every state in which one can be at the end of October 2026.
func volumeFleet(t *testing.T) *caseFile {
	t.Helper()
	return inventoriedWith(t, []collector.InventoryFile{
		{Name: "providers.csv", Data: []byte("provider_id,provider_name\np,P\nq,Q\n")},
		{Name: "platforms.csv", Data: []byte("platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\nk,K,provider,q\n")},
		{Name: "units.csv", Data: []byte("unit_code,unit_name\nN-1,U\nN-2,V\n")},
		{Name: "systems.csv", Data: []byte("system_id,system_name,unit_code,platform_id,cutover_date,status\ns,S,N-1,c,2020-01-01,running\nnew,NEW,N-2,c,2026-09-01,running\nunknown,X,N-2,c,,running\n")},
		{Name: "hosts.csv", Data: []byte("host_id,system_id,platform_id,vcpu,memory_gib,effective_from,state,owner\n" +
			"a,s,c,8,16,2020-01-01,in_service,unit\ngone,s,c,8,16,2020-01-01,in_service,unit\ngone,s,c,8,16,2026-09-15,released,unit\n")},
		{Name: "volumes.csv", Data: []byte(volumeHead +
			"thirty,s,c,500,,2026-10-02,in_service\n" +
			"fewer,s,c,10,,2026-10-03,in_service\n" +
			"attached,s,c,10,a,2020-01-01,in_service\n" +
			"detached,s,c,10,a,2020-01-01,in_service\ndetached,s,c,10,,2026-09-01,in_service\n" +
			"again,s,c,10,,2026-01-01,in_service\nagain,s,c,10,a,2026-10-05,in_service\nagain,s,c,10,,2026-10-10,in_service\n" +
			"later,s,c,10,,2026-11-01,in_service\n" +
			"soon,s,c,10,,2026-01-01,in_service\nsoon,s,c,10,a,2026-11-01,in_service\n" +
			"released,s,c,10,,2026-01-01,in_service\nreleased,s,c,10,,2026-10-31,released\n" +
			"grown,s,c,100,,2026-08-01,in_service\ngrown,s,c,200,,2026-10-20,in_service\n" +
			"orphan,s,c,10,gone,2020-01-01,in_service\n" +
			"reserved,s,c,10,,2026-01-01,in_service\n" +
			"young,new,c,10,,2026-09-01,in_service\n" +
			"undated,unknown,c,10,,2026-09-01,in_service\n" +
			"thirty,new,k,7,,2026-09-01,in_service\n")},
		{Name: "exemptions.csv", Data: []byte("subject_kind,subject,kind,reason,approver,expires\n云硬盘,reserved,major_event,留存,办公室,2026-10-31\n云硬盘,p/fewer,major_event,留存,办公室,2026-10-31\n")},
	})
}

const volumeHead = "volume_id,system_id,platform_id,size_gib,host_id,effective_from,state\n"

// volumeFindings are the findings of a run on disks, as its unit, size, days and state.
func (f *caseFile) volumeFindings(t *testing.T, month calendar.Month) map[string]string {
	t.Helper()
	run := f.judge(t, month)
	all, err := f.db.Findings(t.Context(), run)
	if err != nil || len(all) != int(run.Findings) {
		t.Fatalf("%d of %d findings, %v", len(all), run.Findings, err)
	}
	out := map[string]string{}
	for _, x := range all {
		if x.Subject.Kind != rules.Volume {
			continue
		}
		facts := x.Facts[len(x.Facts)-1].Facts
		out[x.Subject.ID] = fmt.Sprintf("%s %s %g GiB %g days %s", x.Provider, x.Unit, facts["size_gib"], facts["days_unattached"], x.State)
		if x.Exemption != nil {
			out[x.Subject.ID] += " " + x.Exemption.Kind
		}
	}
	return out
}

// TestJudgeVolumes: the days of each disk are counted back from the end of the month, by hand.
func TestJudgeVolumes(t *testing.T) {
	f := volumeFleet(t)
	want := map[string]string{
		"p/thirty":   "p N-1 500 GiB 30 days judged",
		"p/fewer":    "p N-1 10 GiB 29 days observing",
		"p/detached": "p N-1 10 GiB 61 days judged",    // 30 of September, 31 of October
		"p/again":    "p N-1 10 GiB 22 days observing", // from 10 October
		"p/soon":     "p N-1 10 GiB 304 days judged",   // attached again in November
		"p/grown":    "p N-1 200 GiB 92 days judged",   // from 1 August, another size since
		"p/orphan":   "p N-1 10 GiB 47 days judged",    // its host was released on 15 September
		"p/reserved": "p N-1 10 GiB 304 days exempted major_event",
		"p/young":    "p N-2 10 GiB 61 days exempted grace", // cut over two months before
		"p/undated":  "p N-2 10 GiB 61 days judged",         // what is not known exempts nobody
		"q/thirty":   "q N-2 7 GiB 61 days exempted grace",
	}
	if diff := cmp.Diff(want, f.volumeFindings(t, f.month)); diff != "" {
		t.Errorf("October (-by hand +judged):\n%s", diff)
	}
	// November is judged on its second day: one whole day has passed.
	november := f.volumeFindings(t, f.month.Next())
	for subject, want := range map[string]string{
		"p/later": "p N-1 10 GiB 1 days observing", "p/fewer": "p N-1 10 GiB 30 days judged",
		"p/reserved": "p N-1 10 GiB 305 days judged", "p/soon": "", // the exemption has ended; attached
	} {
		if november[subject] != want {
			t.Errorf("%s in November: %q, want %q", subject, november[subject], want)
		}
	}
	// A correction of the past replaces the row of its day; a disk of others' months stays.
	f.imports(t, "volumes.csv", volumeHead+"thirty,s,c,500,a,2026-10-02,in_service\nfewer,s,c,10,,2026-10-03,released\n")
	october := f.volumeFindings(t, f.month)
	delete(want, "p/thirty")
	delete(want, "p/fewer")
	if diff := cmp.Diff(want, october); diff != "" {
		t.Errorf("October after a correction (-want +got):\n%s", diff)
	}
}

// TestVolumeToItsEnd leads the proposal of a system of which only a disk is judged to the
// file: nothing is measured or watched, and the released disk is judged no more.
func TestVolumeToItsEnd(t *testing.T) {
	f := volumeFleet(t)
	f.imports(t, "prices.csv", "provider_id,resource,yuan_month,effective_from\np,disk_gib,0.5,2026-01-01\np,disk_gib,0.3,2026-10-01\np,disk_gib,9,2026-11-01\np,vcpu,50,2026-01-01\nq,disk_gib,7,2026-01-01\n")
	f.imports(t, "volumes.csv", volumeHead+"detached,s,c,10,,2026-01-01,released\nagain,s,c,10,,2026-01-01,released\nagain,s,c,10,,2026-10-05,released\nagain,s,c,10,,2026-10-10,released\n"+
		"detached,s,c,10,,2026-09-01,released\nsoon,s,c,10,,2026-01-01,released\nsoon,s,c,10,,2026-11-01,released\ngrown,s,c,1,,2026-08-01,released\ngrown,s,c,1,,2026-10-20,released\norphan,s,c,1,,2020-01-01,released\n")
	f.run = f.judge(t, f.month)
	const other = "2026-10-unknown" // the disk of a system without a day of cut-over
	if diff := cmp.Diff(collector.Opened{Opened: []string{caseID, other}}, f.open(t)); diff != "" {
		t.Fatalf("the first time (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(collector.Opened{Unchanged: []string{caseID, other}}, f.open(t)); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	v, err := f.db.Proposal(t.Context(), caseID, store.Slice{Provider: "p"}, f.now)
	if err != nil || len(v.Items) != 1 {
		t.Fatalf("%d items, %v; want the one disk", len(v.Items), err)
	}
	yuan := 150.0 // 500 GiB at 0.3 yuan, the price of October
	want := rightsize.Recommendation{
		Kind: rightsize.KindVolume, Provider: "p", HostID: "thirty", System: "s", Unit: "N-1", DecidedAt: f.month.Next().First(),
		Action: rightsize.Reclaim, Policy: "unattached-volume", Current: rightsize.Size{DiskGiB: 500},
		Saving: rightsize.Saving{DiskGiB: 500, Yuan: &yuan}, Chinese: "在用而未挂载已 30 日（下限 30 日），容量 500 GiB，宜核实后回收。",
	}
	if diff := cmp.Diff(want, v.Items[0].Recommendation); diff != "" {
		t.Errorf("item (-by hand +proposal):\n%s", diff)
	}
	if _, err := f.db.Proposal(t.Context(), caseID, store.Slice{Unit: "N-2"}, f.now); !errors.Is(err, collector.ErrNoProposal) {
		t.Errorf("another unit reads it: %v", err)
	}
	f.do(t, "2026-11-03", proposal.Supervisor, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{No: "N-7"}})
	f.do(t, "2026-11-05", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{{Host: "thirty", Answer: proposal.Agree}}}})
	f.do(t, "2026-11-06", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{
		Items: []proposal.ItemReview{{Host: "thirty", Decision: proposal.DecideReclaim}}, Approval: &proposal.Decide{No: "A-1"},
	}})
	f.do(t, "2026-11-10", proposal.Provider, proposal.KindImplement, proposal.Data{Implement: &proposal.Implement{Items: []proposal.ItemChange{
		{Host: "thirty", Reclaim: &proposal.ReclaimProof{Backup: "B-1", Wipe: "W-1"}},
	}}})
	f.imports(t, "volumes.csv", volumeHead+"thirty,s,c,500,,2026-11-10,released\n")
	f.now = f.now.AddDate(0, 1, 1)
	if seen, err := collector.GuardProposals(t.Context(), f.db, f.now); err != nil || len(seen) > 0 {
		t.Errorf("the guard watches %+v, %v", seen, err)
	}
	measured, err := f.db.MeasureProposal(t.Context(), caseID, store.Slice{}, f.now)
	if err != nil || len(measured.Items) > 0 {
		t.Errorf("measured: %+v, %v", measured, err)
	}
	f.do(t, "2026-12-11", proposal.Supervisor, proposal.KindVerify, proposal.Data{Verify: &measured})
	v = f.do(t, "2026-12-12", proposal.Supervisor, proposal.KindClose, proposal.Data{Close: &proposal.Close{}})
	if v.Now != proposal.Closed || v.Realised.Actual != (proposal.Reduction{DiskGiB: 500}) || *v.Realised.DiskGiB != 1 {
		t.Errorf("%s, F12 %+v", v.Now, v.Realised)
	}
	if err := collector.SnapshotProposals(t.Context(), f.db, f.now); err != nil {
		t.Fatal(err)
	}
	var state string
	err = f.db.Each(t.Context(), "SELECT concat(toString(hosts), ' ', toString(proposed_hosts), ' ', toString(proposed_disk_gib), ' ', toString(proposed_yuan_month), ' ', toString(realised_disk_gib)) FROM proposal_states FINAL WHERE proposal = {id:String}",
		map[string]any{"id": caseID}, func(scan func(...any) error) error { return scan(&state) })
	if err != nil || state != "0 0 500 150 500" {
		t.Errorf("the dashboards see %q, %v; want no host, 500 GiB and 150 yuan", state, err)
	}
	if found := f.volumeFindings(t, f.month.Next()); found["p/thirty"] != "" {
		t.Errorf("the released disk is judged in November: %s", found["p/thirty"])
	}
}

// TestVolumeKept: a disk that a review keeps is not judged again until its day.
func TestVolumeKept(t *testing.T) {
	f := volumeFleet(t)
	f.run = f.judge(t, f.month)
	f.open(t)
	f.do(t, "2026-11-03", proposal.Office, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{}})
	v, err := f.db.Proposal(t.Context(), caseID, store.Slice{}, f.now)
	if err != nil {
		t.Fatal(err)
	}
	var replies []proposal.ItemReply
	var keep []proposal.ItemReview
	for _, i := range v.Items {
		replies = append(replies, proposal.ItemReply{Host: i.Host, Answer: proposal.Disagree, Why: proposal.ExpansionPlanned})
		keep = append(keep, proposal.ItemReview{Host: i.Host, Decision: proposal.DecideKeep, ExemptionUntil: calendar.Date{Year: 2027, Month: 3, Day: 31}})
	}
	f.do(t, "2026-11-05", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: replies}})
	f.do(t, "2026-11-06", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{Items: keep, Approval: &proposal.Decide{}}})
	f.now = f.month.Next().End(store.Zone()).Add(time.Hour)
	if got, want := f.volumeFindings(t, f.month.Next())["p/thirty"], "p N-1 500 GiB 60 days exempted review_keep"; got != want {
		t.Errorf("in November: %q, want %q", got, want)
	}
	if got, want := f.volumeFindings(t, f.month)["p/thirty"], "p N-1 500 GiB 30 days judged"; got != want {
		t.Errorf("in October, again: %q, want %q", got, want)
	}
}
