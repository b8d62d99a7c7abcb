package collector_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
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
