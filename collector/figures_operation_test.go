package collector_test

import (
	"fmt"
	"time"
)

// stop is an interruption or a planned window of the records of the fixture.
type stop struct {
	service  string
	from, to time.Time
	planned  bool
}

// stops are those that the file of outages states.
func stops() []stop {
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
	}
	const host, disk = "云主机", "云硬盘"
	return []stop{
		{host, at(9, 10, 9, 0), at(9, 10, 10, 0), false},
		{host, at(9, 10, 9, 30), at(9, 10, 10, 30), false},
		{host, at(9, 15, 0, 0), at(9, 15, 2, 0), true},
		{host, at(9, 15, 1, 0), at(9, 15, 3, 0), false},
		{disk, at(8, 31, 23, 0), at(9, 1, 1, 0), false},
	}
}

func allOutages(stop) bool { return true }

// downtime counts the minutes of September that were planned, and those that were lost outside
// of them, each once.
func downtime(of func(stop) bool) (lost, planned int) {
	begin := time.Date(2026, time.September, 1, 0, 0, 0, 0, time.UTC)
	for minute := range 30 * 24 * 60 {
		at := begin.Add(time.Duration(minute) * time.Minute)
		down, window := false, false
		for _, s := range stops() {
			if of(s) && !at.Before(s.from) && at.Before(s.to) {
				down, window = down || !s.planned, window || s.planned
			}
		}
		switch {
		case window:
			planned++
		case down:
			lost++
		}
	}
	return lost, planned
}

// available is F13.
func available(of func(stop) bool) float64 {
	lost, planned := downtime(of)
	return 1 - float64(lost)/float64(30*24*60-planned)
}

// operation is A5 and A6.
func (c *claims) operation() {
	var rows [][]any
	for _, service := range []struct {
		name    string
		outages int
		target  []any
	}{{"云主机", 3, []any{pct3(0.999), "未达标", "办公室标准"}}, {"云硬盘", 1, []any{absentCell(), "未提供", "未提供"}}} {
		of := func(s stop) bool { return s.service == service.name }
		lost, planned := downtime(of)
		rows = append(rows, joined([]any{"天府政务云一区", "—", service.name, pct3(available(of)), num(service.outages), num(lost), num(planned)}, service.target))
	}
	rows = append(rows, []any{"合计", "—", "—", pct3(available(allOutages)), "—", "—", "—", "—", "—", "—"})
	c.rows("A5", "a5_services", "云平台|区域|服务|可用率（F13）|中断（次）|中断（分钟）|计划停机（分钟）|目标|是否达标|依据", rows...)
	for _, table := range [][2]string{{"A5", "a5_incidents"}, {"sheet", "annex_faults"}} {
		c.rows(table[0], table[1], "事件编号|级别|事件|发现时间|报告时间|响应时间|恢复时间|反馈时间|责任方|影响系统|原因|响应用时（分钟）|恢复用时（分钟）",
			[]any{"I1", "较大", markFirst + "和" + markSecond + "都中断", "2026年9月10日 09:00", "2026年9月10日 09:05", "2026年9月10日 09:10", "2026年9月10日 10:00", "—", "云服务商", "公文系统、" + hostileSystem, "电源", num(10), num(60)},
			[]any{"I2", "一般", "磁盘", "2026年9月20日 00:00", "—", "2026年9月20日 00:30", "—", "—", "云服务商", "公文系统", "未提供", num(30), absentCell()})
	}
	c.text("A5", 1, fmt.Sprintf("故障平均响应用时 %s 分钟，平均恢复用时 %s 分钟（以导入的时间计，未填者不计）。", num((10+30)/2).text, num(60).text))
	// F14: D1 of the 18th is due on the 21st (Sunday the 20th is worked) and done, in 2 working
	// days; D2 of the 1st on the 3rd and done on the 7th, in 4. D3 of the 24th is due on the 30th
	// (the 25th to the 27th are off) and not done; D4 is due in October.
	c.rows("A5", "a5_orders", "事项|受理（件）|办结（件）|到期（件）|按时（件）|按时率（F14）|平均用时（工作日）",
		[]any{"资源配置（第十八条）", num(2), num(2), num(2), num(1), pct(1 / 2.0), num((2 + 4) / 2)},
		[]any{"资源变更（第二十二条）", num(2), num(0), num(1), num(0), pct(0), noneCell()})
	c.rows("A5", "a5_late", "工单编号|事项|使用单位|信息系统|起算日期|应办日期|完成日期|超期（工作日）",
		[]any{"D2", "资源配置（第十八条）", hostileUnit, hostileSystem, "2026年9月1日", "2026年9月3日", "2026年9月7日", num(2)})
	c.missing("A5", "变更与加固")
	c.rows("A5", "a5_work", "工作项目|计划数|完成数|完成率|证据编号",
		[]any{"设备巡检", num(4), num(3), pct(3 / 4.0), "X-1"}, []any{"值班值守", num(0), num(0), noneCell(), "未提供"})
	c.backups("A5", "a5_backups")
	const logHeads = "责任方|应检|合规|累积中|不合规|无法判定|豁免|合规率（F15）|可判定率|环比（百分点）"
	c.rows("A6", "a6_logs", logHeads,
		joined([]any{"使用单位"}, logRow("unit", "")), joined([]any{"云服务商"}, logRow("provider", "")), joined([]any{"合计"}, logRow("", "")))
	c.rows("A6", "a6_new", "云主机|信息系统|使用单位|责任方|日志|位置|应有起点|最早记录|缺口（天）|首次发现",
		[]any{"a3", "公文系统", "省甲厅", "使用单位", cellWant{text: "操作系统登录认证"}.with("os-auth"), "/var/log/" + markFirst + "os-auth.log", "2026年4月1日", "—", num(5), "2026年9月30日"})
}

func (c *claims) backups(section, id string) {
	c.rows(section, id, "任务编号|备份任务|使用单位|信息系统|应执行（次）|成功（次）|成功率|最近恢复验证|验证结果",
		[]any{"T1", markFirst + "备份", "省甲厅", "公文系统", num(30), num(29), pct(29 / 30.0), "2026年8月15日", "成功"},
		[]any{"T2", markSecond + "备份", hostileUnit, hostileSystem, num(10), num(10), pct(1), "未提供", "未提供"})
}

// categories of the classes of logs in the fixture.
func logCategory(class string) string {
	switch class {
	case "os-auth":
		return "操作系统登录、操作审计"
	case "db-audit":
		return "数据库审计"
	case "cloud-control-plane":
		return "云管平台操作"
	case "security-device":
		return "网络、安全设备"
	}
	return "应用操作"
}

// logCounts counts the verdicts of the fixture by status; all parties or categories where empty.
func logCounts(month time.Month, party, category string) map[string]float64 {
	out := map[string]float64{}
	for _, v := range loggedMonth(fixtureMonth().Add(int(month - time.September))) {
		if !v.Mandatory || v.Status == "not_counted" || party != "" && v.Party != party || category != "" && logCategory(v.Class) != category {
			continue
		}
		out["due"]++
		out[v.Status]++
	}
	return out
}

// compliance is F15, decidable the rate beside it.
func compliance(n map[string]float64) float64 {
	return n["compliant"] / (n["due"] - n["waived"] - n["accumulating"])
}

func decidable(n map[string]float64) float64 {
	return (n["compliant"] + n["non_compliant"]) / n["due"]
}

// logRow are the numbers of A6-1 and B3-1, with the change since August.
func logRow(party, category string) (out []any) {
	now, before := logCounts(time.September, party, category), logCounts(time.August, party, category)
	for _, status := range []string{"due", "compliant", "accumulating", "non_compliant", "undetermined", "waived"} {
		out = append(out, num(now[status]))
	}
	return append(out, pct(compliance(now)), pct(decidable(now)), pp(compliance(now)-compliance(before)))
}
