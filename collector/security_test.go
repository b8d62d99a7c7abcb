package collector_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/docx"
	renderhtml "github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/collector/report/render/pdf"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/retention"
)

func securityMonth(t *testing.T, s *store.Store, pack rules.Pack, unit string) report.Security {
	t.Helper()
	m, err := collector.SecurityMonth(t.Context(), &collector.Database{Store: s}, pack, retention.Period{}, fixtureMonth(), fixtureProvider, unit, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSecurityReport(t *testing.T) {
	s, pack := securityStore(t)
	m := securityMonth(t, s, pack, "")
	t.Run("logs", func(t *testing.T) { checkLogs(t, s, &m.Logs) })
	t.Run("records", func(t *testing.T) { checkRecords(t, &m) })
	t.Run("operation", func(t *testing.T) { checkOperation(t, &m.Operation) })
	t.Run("assets", func(t *testing.T) { checkAssets(t, &m) })
	t.Run("indicators", func(t *testing.T) { checkIndicators(t, &m) })
	t.Run("formats", func(t *testing.T) { checkSecurityFormats(t, &m) })
	t.Run("units", func(t *testing.T) { checkExtracts(t, s, pack) })
	t.Run("usage", func(t *testing.T) { checkUsageParts(t, s, pack) })
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// checkLogs holds B3 against what can be counted in the fixture and against SQL.
func checkLogs(t *testing.T, s *store.Store, l *report.Logs) {
	type row struct {
		Party, Category                   string
		Count                             report.LogCount
		Compliance, Decidable, Difference report.Figure
	}
	var rows []row
	for _, r := range append(l.Rows, l.Total) {
		rows = append(rows, row{r.Party, r.Category, r.Count, r.Compliance, r.Decidable, r.Change})
	}
	same(t, "B3-1", []row{
		{"unit", "system", report.LogCount{Compliant: 2, Accumulating: 1, Broken: 2, Undetermined: 1, Waived: 1}, report.Of(2.0 / 5), report.Of(4.0 / 7), report.Of(2.0/5 - 3.0/5)},
		{"unit", "database", report.LogCount{Compliant: 1}, report.Of(1), report.Of(1), report.Of(0)},
		{"unit", "", report.LogCount{Compliant: 3, Accumulating: 1, Broken: 2, Undetermined: 1, Waived: 1}, report.Of(3.0 / 6), report.Of(5.0 / 8), report.Of(3.0/6 - 4.0/6)},
		{"provider", "platform", report.LogCount{Compliant: 1}, report.Of(1), report.Of(1), report.Of(0)},
		{"provider", "device", report.LogCount{Broken: 1}, report.Of(0), report.Of(1), report.Of(0)},
		{"provider", "", report.LogCount{Compliant: 1, Broken: 1}, report.Of(0.5), report.Of(1), report.Of(0)},
		{"", "", report.LogCount{Compliant: 4, Accumulating: 1, Broken: 3, Undetermined: 1, Waived: 1}, report.Of(4.0 / 8), report.Of(7.0 / 10), report.Of(4.0/8 - 5.0/8)},
	}, rows)
	var compliant, due, decided, all uint64
	err := s.Each(t.Context(), `SELECT countIf(status = 'compliant'), countIf(status NOT IN ('waived', 'accumulating')), countIf(status IN ('compliant', 'non_compliant')), count()
		FROM retention_verdicts WHERE mandatory = 1 AND status != 'not_counted' AND run = (SELECT max(run) FROM judge_runs WHERE month = '2026-09-01') AND month = '2026-09-01'`,
		nil, func(scan func(...any) error) error { return scan(&compliant, &due, &decided, &all) })
	if err != nil {
		t.Fatal(err)
	}
	same(t, "F15 by SQL", []report.Figure{report.Of(float64(compliant) / float64(due)), report.Of(float64(decided) / float64(all))}, []report.Figure{l.Total.Compliance, l.Total.Decidable})
	var broken, fresh, foreseen, months []string
	for _, x := range l.Broken {
		broken = append(broken, fmt.Sprint(x.Host, " ", x.Class, " ", x.FirstFound, " ", x.FirstFound.DaysUntil(x.JudgedOn), " ", x.Gaps[0].Days()))
	}
	for _, x := range l.New {
		fresh = append(fresh, x.Host)
	}
	for _, x := range l.Foreseen {
		foreseen = append(foreseen, fmt.Sprint(x.Host, " ", x.Class, " ", x.Foreseen))
	}
	for _, x := range l.Months {
		months = append(months, fmt.Sprint(x.Month, " ", x.Party, " ", x.Count.Broken, "/", x.Count.Due()))
	}
	same(t, "B3-2", []string{"a2 os-auth 2026-08-31 30 10", "a3 os-auth 2026-09-30 0 5", "b3 security-device 2026-07-31 61 1"}, broken)
	same(t, "new", []string{"a3"}, fresh)
	same(t, "B3-5", []string{"a1 db-audit 2026-11-09"}, foreseen)
	same(t, "months", []string{"2026-07 unit 0/8", "2026-07 provider 1/2", "2026-08 unit 1/8", "2026-08 provider 1/2", "2026-09 unit 2/8", "2026-09 provider 1/2"}, months)
	same(t, "others", []int{1, 1, 1, 1}, []int{l.NotRequired, l.AtRisk, len(l.Accumulating), len(l.Undetermined)})
}

func checkRecords(t *testing.T, m *report.Security) {
	type vulnerability struct {
		Unit, Severity            string
		New, Fixed, Open, Overdue int
	}
	var totals, units []vulnerability
	for _, v := range m.Vulnerabilities.Totals {
		totals = append(totals, vulnerability{v.UnitID, v.Severity, v.New, v.Fixed, v.Open, v.Overdue})
	}
	for _, v := range m.Vulnerabilities.Units {
		units = append(units, vulnerability{v.UnitID, v.Severity, v.New, v.Fixed, v.Open, v.Overdue})
	}
	same(t, "B4-1", []vulnerability{{"", "high", 1, 0, 2, 1}, {"", "medium", 0, 1, 0, 0}, {"", "low", 1, 0, 1, 0}}, totals)
	same(t, "B4-2", []vulnerability{{"", "low", 1, 0, 1, 0}, {"N-0001", "high", 0, 0, 1, 1}, {"N-0002", "high", 1, 0, 1, 0}, {"N-0002", "medium", 0, 1, 0, 0}}, units)
	same(t, "B5", []report.BaselineRow{
		{Category: "account", Passed: 1, Failed: 1, Corrected: 1, Rate: report.Of(0.5)},
		{Category: "baseline", NotApply: 1, Rate: report.Figure{State: report.None}},
	}, m.Baseline.Rows)
	var ledger []string
	for _, r := range m.Rectification.Rows {
		ledger = append(ledger, fmt.Sprint(r.Key, " ", r.State, " ", r.LateDays))
	}
	same(t, "B8", []string{"RX-1 overdue 10", "RX-2 closed 33"}, ledger)
	a := m.Attacks
	same(t, "S2", []any{123, 110, report.Of(110.0 / 123)}, []any{a.Alerts, a.Blocked, a.Rate})
	same(t, "S2 types", []report.Top{{Name: "注入", Alerts: 100, Blocked: 90}, {Name: "扫描", Alerts: 23, Blocked: 20}}, a.Categories)
	same(t, "S2 targets", []report.Top{{Name: "公文系统", Alerts: 100, Blocked: 90}, {Name: hostileSystem, Alerts: 20, Blocked: 20}, {Name: "", Alerts: 3}}, a.Targets)
}

func checkOperation(t *testing.T, o *report.Operation) {
	month := 30 * 24 * 60.0
	same(t, "A5-1", []report.ServiceRow{
		{Platform: "天府政务云一区", Service: "云主机", Availability: report.Of(1 - (90.0+60)/(month-120)), Outages: 3, DownMinutes: 150, PlanMinutes: 120, Target: report.Of(0.999), Basis: "办公室标准"},
		{Platform: "天府政务云一区", Service: "云硬盘", Availability: report.Of(1 - 60/month), Outages: 1, DownMinutes: 60},
	}, o.Services)
	same(t, "F13", report.Of(1-(90.0+60+60)/(month-120)), o.Overall)
	if met, known := o.Services[0].Met(); met || !known {
		t.Errorf("the target is met: %v, %v", met, known)
	}
	same(t, "MTTA and MTTR", []report.Figure{report.Of(20), report.Of(60)}, []report.Figure{o.MTTA, o.MTTR})
	same(t, "incidents", []int{2, 1}, []int{len(o.Faults), len(o.Security)})
	same(t, "A5-3", []report.OrderSum{
		{Action: "provision", Begun: 2, Finished: 2, Due: 2, OnTime: 1, Rate: report.Of(0.5), MeanDays: report.Of(3)},
		{Action: "change", Begun: 2, Due: 1, Rate: report.Of(0), MeanDays: report.Figure{State: report.None}},
	}, o.Orders)
	var due []string
	for _, x := range o.AllOrders {
		due = append(due, fmt.Sprint(x.No, " ", x.Due, " ", x.UsedDays, " ", x.Late, " ", x.LateDays))
	}
	same(t, "deadlines", []string{"D1 2026-09-21 2 false 0", "D2 2026-09-03 4 true 2", "D3 2026-09-30 -1 false 0", "D4 2026-10-10 -1 false 0"}, due)
	same(t, "B1", []report.WorkRow{
		{Item: "inspection", Planned: report.Of(4), Done: report.Of(3), Rate: report.Of(0.75), Evidence: "X-1"},
		{Item: "log_audit", Planned: report.Of(2), Done: report.Of(2), Rate: report.Of(1), Evidence: "X-2"},
	}, o.Work[:2])
	same(t, "B6", report.Of(39.0/40), o.BackupRate)
}

func checkAssets(t *testing.T, m *report.Security) {
	a := m.Assets
	var os []string
	for _, r := range a.OS {
		os = append(os, fmt.Sprint(r.Name, " ", r.Hosts, " ", r.Ended))
	}
	same(t, "B2-2", []string{" 7 ", "CentOS Linux 7 (Core) 2 2024-06-30", "openEuler 24.03 (LTS) 1 "}, os)
	same(t, "B2", []any{10, 3, 3, 2, 1, 0}, []any{a.Hosts, a.Systems, a.OSKnown, a.Ended, len(a.Clocks), a.ClocksUnknown})
	same(t, "F2", report.Of(0.9), a.Managed) // b4 never reports
	var clocks []string
	for _, p := range a.Protection {
		clocks = append(clocks, fmt.Sprint(p.System, " ", p.Due, " ", p.State))
	}
	same(t, "B2-5", []string{"公文系统 2025-07-15 expiring", "审批平台  not_provided", hostileSystem + " 2024-12-02 overdue"}, clocks)
	var unmanaged []string
	for _, h := range m.Blind.Unmanaged {
		unmanaged = append(unmanaged, h.Host)
	}
	same(t, "S4", []string{"b4"}, unmanaged)
	same(t, "ghost", 1, len(m.Blind.Unknown))
}

func checkIndicators(t *testing.T, m *report.Security) {
	got := map[string][3]report.Figure{}
	for _, i := range m.Indicators {
		got[i.Name] = [3]report.Figure{i.Now, i.Before, i.Mean}
	}
	absent := report.Figure{}
	for name, want := range map[string][3]report.Figure{
		"log_compliance":          {report.Of(4.0 / 8), report.Of(5.0 / 8), report.Of((4.0/8 + 5.0/8 + 6.0/8) / 3)},
		"logs_broken":             {report.Of(3), report.Of(2), report.Of(2)},
		"vulnerabilities_high":    {report.Of(2), report.Of(1), absent}, // no file states July
		"vulnerabilities_overdue": {report.Of(1), report.Of(2), absent},
		"alerts":                  {report.Of(123), report.Of(60), report.Of((123.0 + 60 + 30) / 3)},
		"block_rate":              {report.Of(110.0 / 123), report.Of(50.0 / 60), report.Of((110.0/123 + 50.0/60 + 1) / 3)},
		"security_incidents":      {report.Of(1), absent, absent},
		"rectification_overdue":   {report.Of(1), absent, absent},
		"managed_rate":            {report.Of(0.9), report.Of(1), report.Of((0.9 + 1 + 1) / 3)},
	} {
		same(t, name, want, got[name])
	}
	var trend []string
	for _, r := range m.Trend {
		trend = append(trend, fmt.Sprint(r.Month, " ", r.Broken, " ", r.Overdue))
	}
	same(t, "S5", []string{"2026-07 {2 1} {0 0}", "2026-08 {2 2} {2 2}", "2026-09 {2 3} {2 1}"}, trend)
}

// securityFiles are all formats; DOCX and PDF only where there is a typeface.
func securityFiles(t *testing.T, m report.Security, faces collector.Typefaces) map[string][]byte {
	t.Helper()
	d, err := report.ComposeSecurity(m)
	if err != nil {
		t.Fatal(err)
	}
	return printed(t, d, m.JudgedAt, faces)
}

// printed is a document in every format, the same twice.
func printed(t *testing.T, d report.Document, at time.Time, faces collector.Typefaces) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for format, print := range map[string]func() ([]byte, error){
		"html": func() ([]byte, error) { return renderhtml.Render(d) },
		"xlsx": func() ([]byte, error) { return xlsx.Render(d, at.UTC().Format(time.RFC3339)) },
		"docx": func() ([]byte, error) { return docx.Render(d, at, faces.Body) },
		"pdf": func() ([]byte, error) {
			return pdf.Render(d, at, pdf.Faces{Body: faces.Body, Script: faces.Script})
		},
	} {
		data, err := print()
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		again, err := print()
		if err != nil || !bytes.Equal(data, again) {
			t.Errorf("the %s of the same data differs: %v", format, err)
		}
		out[format] = data
	}
	return out
}

// checkSecurityFormats asks the formats for every section and every cell. With
// YUNJIAN_PICTURES set, the files are left there to be looked at.
func checkSecurityFormats(t *testing.T, m *report.Security) {
	faces, toText := typefaces(t), program(t, "pdftotext", "poppler-utils")
	files := securityFiles(t, *m, faces)
	dir := os.Getenv("YUNJIAN_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	for format, data := range files {
		if err := os.WriteFile(filepath.Join(dir, "security."+format), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := report.ComposeSecurity(*m)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range d.Sections {
		ids = append(ids, s.ID)
	}
	same(t, "sections", strings.Fields("B0 B1 B2 B3 B4 B5 B6 B7 B8 B9 S1 S2 S3 S4 S5 S6"), ids)
	raw, err := exec.CommandContext(t.Context(), toText, "-raw", filepath.Join(dir, "security.pdf"), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	checkCells(t, "pdf", squeeze(string(raw)), &d, 300)
}

// checkExtracts looks for what belongs to the other unit, in every format.
func checkExtracts(t *testing.T, s *store.Store, pack rules.Pack) {
	faces, toText := typefaces(t), program(t, "pdftotext", "poppler-utils")
	for _, unit := range []struct {
		code, own string
		foreign   []string
	}{
		{"N-0001", markFirst, []string{markSecond, "N-0002", "档案库", "cmd|", "VX-2", "RX-2", "乙地"}},
		{"N-0002", markSecond, []string{markFirst, "N-0001", "公文系统", "审批平台", "省甲厅", "ghost", "VX-1", "RX-1", "甲地"}},
	} {
		m := securityMonth(t, s, pack, unit.code)
		if got, want := m.Edition().FileName(), "tianfu-202609-security-"+unit.code+"-v1"; got != want {
			t.Errorf("the file is named %s; want %s", got, want)
		}
		for format, data := range securityFiles(t, m, faces) {
			text := string(unpacked(t, t.TempDir(), "f."+format, data, toText))
			if !strings.Contains(text, unit.own) {
				t.Errorf("the %s of %s lacks its own mark: the search would find nothing", format, unit.code)
			}
			for _, mark := range unit.foreign {
				if strings.Contains(text, mark) {
					t.Errorf("the %s of %s holds %q of another unit", format, unit.code, mark)
				}
			}
		}
	}
	if _, err := collector.SecurityMonth(t.Context(), &collector.Database{Store: s}, pack, retention.Period{}, fixtureMonth(), fixtureProvider, "N-9", "test", quiet); err == nil || !strings.Contains(err.Error(), `"N-9"`) {
		t.Errorf("an unknown unit gives %v", err)
	}
}

// Without any import nothing of it is 0, and logs that were not judged are not told of.
func TestSecurityWithoutRecords(t *testing.T) {
	s, pack := judged(t, afterClose())
	m := securityMonth(t, s, pack, "")
	d, err := report.ComposeSecurity(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range d.Sections {
		switch section.ID {
		case "B4", "B5", "B6", "B7", "B8", "S2", "S3":
			if len(section.Blocks) != 1 || section.Blocks[0].NotProvided == nil || section.Blocks[0].NotProvided.Value != "未提供" {
				t.Errorf("%s does not say that nothing was provided: %+v", section.ID, section.Blocks)
			}
		case "B1":
			for _, row := range section.Blocks[0].Table.Rows {
				if row[1].Text != "未提供" || row[3].Text != "未提供" {
					t.Errorf("B1 prints %q, %q", row[1].Text, row[3].Text)
				}
			}
		}
	}
	for _, i := range m.Indicators {
		if strings.HasPrefix(i.Name, "vulnerab") && i.Now.State != report.Absent {
			t.Errorf("%s is %v without an import", i.Name, i.Now)
		}
	}
}

// checkUsageParts reads A1, A5 and A6 of the usage report of the same month.
func checkUsageParts(t *testing.T, s *store.Store, pack rules.Pack) {
	m, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth(), fixtureProvider, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, section := range d.Sections {
		for _, b := range section.Blocks {
			if section.ID == "A1" && strings.Contains(b.Paragraph, "F13") {
				got = append(got, b.Paragraph[strings.Index(b.Paragraph, "平台可用率"):])
			}
			if section.ID != "A5" && section.ID != "A6" {
				continue
			}
			switch {
			case b.NotProvided != nil:
				t.Errorf("%s lacks %s", section.ID, b.NotProvided.Label)
			case b.Paragraph != "":
				got = append(got, b.Paragraph)
			case b.Table != nil:
				for _, row := range b.Table.Rows {
					var cells []string
					for _, c := range row {
						cells = append(cells, c.Text)
					}
					got = append(got, b.Table.ID+": "+strings.Join(cells, "|"))
				}
			}
		}
	}
	same(t, "A1, A5 and A6", strings.Split(`平台可用率（F13）：99.513%。日志合规率（F15）：50.0%。
a5_services: 天府政务云一区|—|云主机|99.652%|3|150|120|99.900%|未达标|办公室标准
a5_services: 天府政务云一区|—|云硬盘|99.861%|1|60|0|未提供|未提供|未提供
a5_services: 合计|—|—|99.513%|—|—|—|—|—|—
a5_incidents: I1|较大|`+markFirst+`和`+markSecond+`都中断|2026年9月10日 09:00|2026年9月10日 09:05|2026年9月10日 09:10|2026年9月10日 10:00|—|云服务商|公文系统、`+hostileSystem+`|电源|10|60
a5_incidents: I2|一般|磁盘|2026年9月20日 00:00|—|2026年9月20日 00:30|—|—|云服务商|公文系统|未提供|30|未提供
故障平均响应用时 20 分钟，平均恢复用时 60 分钟（以导入的时间计，未填者不计）。
a5_orders: 资源配置（第十八条）|2|2|2|1|50.0%|3
a5_orders: 资源变更（第二十二条）|2|0|1|0|0.0%|—
a5_late: D2|资源配置（第十八条）|`+hostileUnit+`|`+hostileSystem+`|2026年9月1日|2026年9月3日|2026年9月7日|2
a5_changes: G1|安全加固|`+hostileUnit+`|`+hostileSystem+`|`+markSecond+`加固|2026年9月12日|成功
a5_work: 设备巡检|4|3|75.0%|X-1
a5_work: 值班值守|0|0|—|未提供
a5_backups: T1|`+markFirst+`备份|省甲厅|公文系统|30|29|96.7%|2026年8月15日|成功
a5_backups: T2|`+markSecond+`备份|`+hostileUnit+`|`+hostileSystem+`|10|10|100.0%|未提供|未提供
a6_logs: 使用单位|8|3|1|2|1|1|50.0%|62.5%|-16.7
a6_logs: 云服务商|2|1|0|1|0|0|50.0%|100.0%|0.0
a6_logs: 合计|10|4|1|3|1|1|50.0%|70.0%|-12.5
a6_new: a3|公文系统|省甲厅|使用单位|操作系统登录认证|/var/log/`+markFirst+`os-auth.log|2026年4月1日|—|5|2026年9月30日`, "\n"), got)
}
