package collector_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
)

// The extract of a unit has its row of the provider's report as its total and its place among
// all, and nothing of any other unit in any format (reports.md E 6).
func TestUsageExtracts(t *testing.T) {
	s, pack := securityStore(t)
	faces, toText := typefaces(t), program(t, "pdftotext", "poppler-utils")
	ask := collector.BuildAsk{DB: &collector.Database{Store: s}, Pack: pack, Month: fixtureMonth(), Provider: fixtureProvider, Program: "test", Say: quiet}
	built := buildAll(t, report.KindUsage, ask)
	own := map[string]string{"N-0001": "公文系统", "N-0002": "档案库"}
	foreign := map[string][]string{
		"N-0001": {"N-0002", "档案库", "cmd|", "zdthr"},
		"N-0002": {"N-0001", "公文系统", "审批平台", "省甲厅", "ghost", "zdone", "zdtwo"},
	}
	disks := map[string][]string{"N-0001": {"zdone", "zdtwo"}, "N-0002": {"zdthr"}}
	sums := map[string]report.Figure{"N-0001": report.Of(340), "N-0002": report.Of(50)}
	whole := built[0].Figures.(report.Month)
	if len(built) != 3 || whole.Unit.ID != "" || len(whole.Units) != 2 {
		t.Fatalf("%d reports, the first of %q with %d units; want the provider's and two extracts", len(built), whole.Unit.ID, len(whole.Units))
	}
	for i, x := range built[1:] {
		m := x.Figures.(report.Month)
		want, got := whole.Units[i], m.Units[0]
		if diff := cmp.Diff(want, got); diff != "" || len(m.Units) != 1 || m.Ranked != whole.Ranked {
			t.Errorf("%s (-in the whole +in the extract), %d of %d ranked:\n%s", m.Unit.ID, m.Ranked, whole.Ranked, diff)
		}
		total := m.Total
		total.Party, total.Rank = got.Party, got.Rank
		if diff := cmp.Diff(got, total); diff != "" {
			t.Errorf("the total of %s (-its row +total):\n%s", m.Unit.ID, diff)
		}
		if gap := m.Capacity.Total.Gap(); gap != (report.Amount{}) || m.Capacity.Total.Close.VCPU != int64(got.VCPU) {
			t.Errorf("the balance of %s: %+v leaves %+v; want %v vCPU at the end", m.Unit.ID, m.Capacity.Total, gap, got.VCPU)
		}
		if m.Volumes.GiB != sums[m.Unit.ID] || len(m.Volumes.Rows) != len(disks[m.Unit.ID]) {
			t.Errorf("disks without a host of %s: %+v; want %v GiB", m.Unit.ID, m.Volumes, sums[m.Unit.ID].Value)
		}
		var rows []report.Settlement
		for _, r := range whole.Settlements {
			if r.Unit.ID == m.Unit.ID {
				rows = append(rows, r)
			}
		}
		if diff := cmp.Diff(rows, m.Settlements); diff != "" || len(rows) == 0 {
			t.Errorf("the settlement of %s (-in the whole +in the extract):\n%s", m.Unit.ID, diff)
		}
		logs := map[string]report.LogCount{"N-0001": {Compliant: 3, Accumulating: 1, Broken: 3, Undetermined: 1}, "N-0002": {Compliant: 1, Waived: 1}}
		if diff := cmp.Diff(logs[m.Unit.ID], m.Logs.Total.Count); diff != "" {
			t.Errorf("the logs of %s (-want +got):\n%s", m.Unit.ID, diff)
		}
		if name := m.Edition().FileName(); name != "tianfu-202609-usage-"+m.Unit.ID+"-v1" {
			t.Errorf("the file is named %s", name)
		}
		for format, data := range printed(t, x.Document, m.JudgedAt, faces) {
			text := string(unpacked(t, t.TempDir(), "f."+format, data, toText))
			if !strings.Contains(text, own[m.Unit.ID]) {
				t.Errorf("the %s of %s lacks its own mark: the search would find nothing", format, m.Unit.ID)
			}
			for _, mark := range disks[m.Unit.ID] {
				if !strings.Contains(text, mark) {
					t.Errorf("the %s of %s lacks its disk %s", format, m.Unit.ID, mark)
				}
			}
			for _, mark := range foreign[m.Unit.ID] {
				if strings.Contains(text, mark) {
					t.Errorf("the %s of %s holds %q of another unit", format, m.Unit.ID, mark)
				}
			}
		}
	}
	ask.Unit = "N-9"
	if _, err := collector.Builders()[report.KindUsage].Build(t.Context(), ask); err == nil || !strings.Contains(err.Error(), `"N-9"`) {
		t.Errorf("an unknown unit gives %v", err)
	}
}
