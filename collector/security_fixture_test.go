package collector_test

import (
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Marks that are planted in everything that belongs to one unit alone.
const (
	markFirst  = "甲标记Q7K2"
	markSecond = "乙标记X9M4"
)

// loggedMonth are the verdicts on logs of the fixture in one month: nine required logs
// of the first unit and the platform, three of the second, and one that is not required.
func loggedMonth(m calendar.Month) (out []store.RetentionVerdict) {
	on := m.Last()
	missing := func(day int) []store.DayRange {
		return []store.DayRange{{From: calendar.Date{Year: 2026, Month: 4, Day: day}, To: calendar.Date{Year: 2026, Month: 4, Day: 10}}}
	}
	add := func(host, system, unit, mark, class, party, verdict, code, status string, more func(*store.RetentionVerdict)) {
		v := store.RetentionVerdict{
			Provider: fixtureProvider, Unit: unit, System: system, HostID: host, Class: class, Stream: class, Path: "/var/log/" + mark + class + ".log",
			Party: party, Mandatory: true, Verdict: verdict, Code: code, Status: status, Period: "P6M", JudgedOn: on,
			RequiredFrom: calendar.Date{Year: 2026, Month: 4, Day: 1}, Obligation: calendar.Date{Year: 2026, Month: 4, Day: 1},
			AttestedDays: 30, WindowDays: 183, ReasonZH: mark + "说明", ReasonEN: mark,
		}
		if code != "" {
			v.Reasons = []string{code}
		}
		if more != nil {
			more(&v)
		}
		out = append(out, v)
	}
	broken := func(host, class, party, code string, first int, since time.Month) {
		if m.Month < since {
			add(host, "S1", "N-0001", markFirst, class, party, "compliant", "", "compliant", nil)
			return
		}
		add(host, "S1", "N-0001", markFirst, class, party, "violated", code, "non_compliant", func(v *store.RetentionVerdict) { v.Missing = missing(first) })
	}
	add("a1", "S1", "N-0001", markFirst, "os-auth", "unit", "compliant", "", "compliant", nil)
	add("a1", "S1", "N-0001", markFirst, "db-audit", "unit", "at_risk", "", "compliant", func(v *store.RetentionVerdict) {
		v.FirstDeletion, v.DiskFull, v.AtRiskDate = on.AddDays(62), on.AddDays(40), on.AddDays(40)
		days := 150.5
		v.GuaranteedDays = &days
	})
	broken("a2", "os-auth", "unit", "short_coverage", 1, time.August)
	broken("a3", "os-auth", "unit", "gap", 6, time.September)
	add("b1", "S2", "N-0001", markFirst, "os-auth", "unit", "not_yet_accountable", "", "accumulating", func(v *store.RetentionVerdict) { v.AccountableFrom = on.AddDays(30) })
	add("b2", "S2", "N-0001", markFirst, "os-auth", "unit", "unknown", "stale_agent", "undetermined", nil)
	add("b3", "S2", "N-0001", markFirst, "cloud-control-plane", "provider", "compliant_by_forward", "", "compliant", nil)
	broken("b3", "security-device", "provider", "edited", 10, time.July)
	add("c1", "S3", "N-0002", markSecond, "os-auth", "unit", "violated", "gap", "waived", func(v *store.RetentionVerdict) {
		v.WaivedBy, v.WaivedUntil = "办公室", on.AddDays(90)
	})
	add("c2", "S3", "N-0002", markSecond, "os-auth", "unit", "compliant", "", "compliant", nil)
	add("c2", "S3", "N-0002", markSecond, "web-access", "unit", "violated", "short_coverage", "non_compliant", func(v *store.RetentionVerdict) { v.Mandatory = false })
	add("c3", "S3", "N-0002", markSecond, "os-auth", "unit", "out_of_scope", "", "not_counted", nil)
	return out
}

// recordFiles are what was imported for September, and of some kinds for the months before.
var recordFiles = []struct{ kind, name, month, to, text string }{
	{"work", "法定工作.csv", "2026-09", "", "月份,工作项目,计划数,完成数,证据编号\n2026-09,设备巡检,4,3,X-1\n2026-09,日志审计,2,2,X-2\n"},
	{"protection", "等保.csv", "", "", "信息系统编码,备案号,备案日期,测评日期,测评报告编号,测评有效期至\nS1,51000-1,2025-05-01,2025-06-01,R-1,2026-11-30\nS3,,,,,\n"},
	{"vulnerabilities", markSecond + "漏洞.csv", "2026-08", "2026-09", "漏洞编号,级别,使用单位编码,信息系统编码,云主机编码,漏洞名称,发现日期,整改期限,修复日期\n" +
		"VX-1,高,N-0001,S1,a1," + markFirst + "漏洞,2026-08-10,2026-08-20,\n" + // open and overdue in both months
		"VX-2,高,N-0002,S3,c1," + markSecond + "漏洞,2026-09-02,2026-10-02,\n" + // new, open
		"VX-3,中,N-0002,S3,c1,弱口令,2026-08-02,2026-08-30,2026-09-05\n" + // overdue in August, fixed in September
		"VX-4,低,,,,平台组件,2026-09-03,,2026-10-01\n"}, // of the platform, fixed only after September
	{"baseline", "核查.csv", "2026-09", "", "核查编号,核查类别,使用单位编码,信息系统编码,核查项,核查日期,结果,整改日期\nC1,账户与权限,N-0001,S1," + markFirst + "项,2026-09-10,不合格,2026-09-20\nC2,账户与权限,N-0002,S3," + markSecond + "项,2026-09-10,合格,\nC3,安全基线,N-0002,S3,项,2026-09-11,不适用,\n"},
	{"backups", "备份.csv", "2026-09", "", "月份,备份任务编号,备份任务,使用单位编码,信息系统编码,应执行次数,成功次数,最近恢复验证日期,恢复验证结果\n2026-09,T1," + markFirst + "备份,N-0001,S1,30,29,2026-08-15,成功\n2026-09,T2," + markSecond + "备份,N-0002,S3,10,10,,\n"},
	{"changes", "变更.csv", "2026-09", "", "变更编号,类别,使用单位编码,信息系统编码,内容,实施日期,结果\nG1,安全加固,N-0002,S3," + markSecond + "加固,2026-09-12,成功\n"},
	{"rectification", "整改.csv", "2026-09", "", "问题编号,来源,级别,使用单位编码,信息系统编码,云主机编码,日志类别编码,问题,发现日期,整改期限,办结日期\n" +
		"RX-1,检查,高,N-0001,S1,a2,os-auth," + markFirst + "问题,2026-08-31,2026-09-20,\n" +
		"RX-2,审计,低,N-0002,S3,,," + markSecond + "问题,2026-07-01,2026-08-01,2026-09-03\n" +
		"RX-3,扫描,中,N-0002,S3,,,旧问题,2026-06-01,2026-07-01,2026-07-02\n"},
	{"attacks", "攻击.csv", "2026-07", "2026-09", "月份,来源设备,攻击类型,源地,目标系统编码,告警数,拦截数\n2026-07,WAF,注入,甲地,S1,30,30\n2026-08,WAF,注入,甲地,S1,60,50\n2026-09,WAF,注入,甲地,S1,100,90\n2026-09,IDS,扫描,乙地,S3,20,20\n2026-09,HIDS,扫描,,,3,0\n"},
	{"incidents", "事件.csv", "2026-09", "", "事件编号,事件类别,事件级别,事件概况,发现时间,报告时间,响应时间,恢复时间,责任方,影响系统,原因,影响,处置结论\n" +
		"I1,故障,较大," + markFirst + "和" + markSecond + "都中断,2026-09-10 09:00,2026-09-10 09:05,2026-09-10 09:10,2026-09-10 10:00,云服务商,S1、S3,电源,两单位,已修复\n" +
		"I2,故障,一般,磁盘,2026-09-20 00:00,,2026-09-20 00:30,,云服务商,S1,,,\n" +
		"I3,安全事件,重大," + markSecond + "被篡改,2026-09-21 08:00,,,,使用单位,S3,,首页,已恢复\n"},
	{"services", "服务.csv", "", "", "云平台编码,区域,服务,可用率目标,依据\ntf-1,,云主机,99.9%,办公室标准\ntf-1,,云硬盘,,\n"},
	// Two outages overlap for 30 of 60 minutes, one lies half in a planned window.
	{"outages", "中断.csv", "2026-09", "", "中断编号,云平台编码,服务,开始时间,结束时间,是否计划,影响系统\nO1,tf-1,云主机,2026-09-10 09:00,2026-09-10 10:00,非计划,S1、S3\nO2,tf-1,云主机,2026-09-10 09:30,2026-09-10 10:30,非计划,S1\nO3,tf-1,云主机,2026-09-15 00:00,2026-09-15 02:00,计划,\nO4,tf-1,云主机,2026-09-15 01:00,2026-09-15 03:00,非计划,S3\nO5,tf-1,云硬盘,2026-08-31 23:00,2026-09-01 01:00,非计划,S1\n"},
	{"service_orders", "工单.csv", "2026-09", "", "工单编号,事项,使用单位编码,信息系统编码,起算日期,完成日期\n" +
		"D1,资源配置,N-0001,S1,2026-09-18,2026-09-21\n" + // due 21 September: Sunday the 20th is a working day
		"D2,资源配置,N-0002,S3,2026-09-01,2026-09-07\n" + // due on the 3rd, two working days late
		"D3,资源变更,N-0001,S1,2026-09-24,\n" + // due 30 September: 25th to 27th are off
		"D4,资源变更,N-0001,S1,2026-09-30,\n"}, // due in October
}

// securityStore is the fixture with verdicts of three months and all records.
func securityStore(t *testing.T) (*store.Store, rules.Pack) {
	t.Helper()
	s, pack := judged(t, afterClose())
	run, ok, err := s.LastRun(t.Context(), fixtureMonth())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	findings, err := s.Findings(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for back := range 3 {
		past := run
		past.Run, past.Month = run.Run+uint64(back)+1, fixtureMonth().Add(-back)
		if past.Findings = 0; back == 0 {
			past.Findings = run.Findings
			if err := s.AddFindings(t.Context(), past, findings); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SaveRetention(t.Context(), past, loggedMonth(past.Month)); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveRun(t.Context(), past); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Exec(t.Context(), "INSERT INTO host_identity (host, at, os, os_version, os_name) SELECT host, toDateTime('2026-09-02 00:00:00'), if(host_id IN ('a1', 'a2'), 'centos', 'openEuler'), if(host_id IN ('a1', 'a2'), '7', '24.03'), if(host_id IN ('a1', 'a2'), 'CentOS Linux 7 (Core)', 'openEuler 24.03 (LTS)') FROM hosts WHERE host_id IN ('a1', 'a2', 'b1')"); err != nil {
		t.Fatal(err)
	}
	for i, f := range recordFiles {
		file := collector.RecordFile{Name: f.name, Kind: f.kind, Data: []byte(f.text), Provider: fixtureProvider, By: "test"}
		if f.month != "" {
			if file.From, err = calendar.ParseMonth(f.month); err != nil {
				t.Fatal(err)
			}
			if file.To = file.From; f.to != "" {
				if file.To, err = calendar.ParseMonth(f.to); err != nil {
					t.Fatal(err)
				}
			}
		}
		done, err := collector.ImportRecords(t.Context(), s, file, afterClose().Add(time.Duration(i)*time.Second))
		if err != nil || len(done.Problems) > 0 {
			t.Fatalf("%s: %v %v", f.name, done.Problems, err)
		}
	}
	return s, pack
}
