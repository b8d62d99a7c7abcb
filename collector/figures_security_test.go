package collector_test

import (
	"fmt"
	"strings"
	"time"
)

// securityClaims are the figures of the report B, of S, or of the two bound together, as named.
func securityClaims(d *definitions, document string) *claims {
	c := expectations(document, d)
	c.pair("云服务商", "天府云 (tianfu)")
	c.pair("统计期", "2026年9月1日 00:00 至 2026年10月1日 00:00（不含），北京时间")
	c.pair("生成依据时间（判定时间）", "2026年10月3日 09:00")
	var sources [][]any
	if strings.Contains(document, "B") {
		sources = operationSources()
		c.assets()
		c.logs()
		c.imported()
	}
	if strings.Contains(document, "S") {
		sources = append(sources, situationSources()...)
		c.situation()
	}
	section, table := "B0", "sec_sources"
	if document == "S" {
		section, table = "S0", "sec_sources_situation"
	}
	c.rows(section, table, "章节|来源|导入种类|导入时间|所述月份", sources...)
	return c
}

// operationSources and situationSources tell of what the sections are made: every file was
// imported on the third of October.
func operationSources() [][]any {
	const at, none, missing = "2026年10月3日 09:00", "—", "未提供"
	return [][]any{
		{"本月工作概况", "导入", "法定工作", at, "2026年9月"},
		{"资产与防护覆盖", "自动采集", none, none, none},
		{"资产与防护覆盖", "导入", "等级保护", at, none},
		{"日志保存合规", "自动采集", none, none, none},
		{"日志保存合规", "导入", "退网系统日志移交", missing, missing},
		{"漏洞与补丁", "导入", "漏洞", at, "2026年8月 至 2026年9月"},
		{"账户与权限、基线核查", "导入", "账户与权限、基线核查", at, "2026年9月"},
		{"备份与恢复", "导入", "备份与恢复", at, "2026年9月"},
		{"变更与加固", "导入", "变更与加固", missing, missing},
		{"整改台账", "导入", "整改台账", at, "2026年9月"},
		{"下月计划", "人工填报", none, none, none},
	}
}

func situationSources() [][]any {
	const at, none = "2026年10月3日 09:00", "—"
	return [][]any{
		{"总体态势与等级", "自动采集", none, none, none},
		{"总体态势与等级", "导入", "漏洞", at, "2026年8月 至 2026年9月"},
		{"总体态势与等级", "导入", "整改台账", at, "2026年9月"},
		{"总体态势与等级", "人工填报", none, none, none},
		{"攻击与告警", "导入", "攻击与告警", at, "2026年7月 至 2026年9月"},
		{"安全事件", "导入", "故障与安全事件", at, "2026年9月"},
		{"监测盲区", "自动采集", none, none, none},
		{"趋势与预警", "自动采集", none, none, none},
		{"趋势与预警", "导入", "漏洞", at, "2026年8月 至 2026年9月"},
		{"建议", "人工填报", none, none, none},
	}
}

// assets are B1 and B2. Three hosts told their system: two with CentOS 7, whose updates ended on
// 30 June 2024 (its publisher's page).
func (c *claims) assets() {
	none := func(item string) []any { return []any{item, num(0), num(0), noneCell(), "未提供"} }
	c.rows("B1", "sec_work", "工作项目|计划数|完成数|完成率|证据编号",
		[]any{"设备巡检", num(4), num(3), pct(3 / 4.0), "X-1"}, []any{"日志审计", num(2), num(2), pct(1), "X-2"},
		none("风险评估"), none("安全加固"), none("数据备份"), none("应急与培训"), none("值班值守"))
	c.rows("B2", "sec_assets", "项目|内容",
		[]any{"云主机（期末已分配）", num(10)}, []any{"信息系统（本月有云主机在用）", num(3)}, []any{"已报操作系统", num(3)}, []any{"停止更新的操作系统", num(2)},
		[]any{"纳管率（F2）", pct(9.0 / 10)}, []any{"数据完整率（F1）", pct(c.of(time.September, everyHost()).coverage())},
		[]any{"时钟偏差超限", num(1)}, []any{"未报时钟偏差", num(0)})
	c.rows("B2", "sec_os", "操作系统|云主机（台）|停止更新日",
		[]any{"未提供", num(7), "—"}, []any{"CentOS Linux 7 (Core)", num(2), "2024年6月30日"}, []any{"openEuler 24.03 (LTS)", num(1), "—"})
	c.rows("B2", "sec_clocks", "云主机|最大偏差（秒）", []any{"a1", num(90)})
	c.rows("B2", "sec_levels", "等保级别|信息系统（个）", []any{"未提供", num(1)}, []any{"第二级", num(1)}, []any{"第三级", num(1)})
	// Six months after the cut-over: 1 December 2024 is a Sunday.
	c.rows("B2", "sec_protection", "信息系统|使用单位|等保级别|割接日期|期限|备案号|备案日期|测评日期|测评有效期至|状态",
		[]any{"公文系统", "省甲厅", "第三级", "2025年1月15日", "2025年7月15日", "51000-1", "2025年5月1日", "2025年6月1日", "2026年11月30日", "测评将到期"},
		[]any{"审批平台", "省甲厅", "未提供", "未提供", "未提供", "未提供", "未提供", "未提供", "未提供", "未提供"},
		[]any{hostileSystem, hostileUnit, "第二级", "2024年6月1日", "2024年12月2日", "未提供", "未提供", "未提供", "未提供", "逾期"})
}

// daysFrom are the days from one to the other.
func daysFrom(month time.Month, day int, to time.Month, until int) int {
	from, end := time.Date(2026, month, day, 0, 0, 0, 0, time.UTC), time.Date(2026, to, until, 0, 0, 0, 0, time.UTC)
	return int(end.Sub(from).Hours() / 24)
}

// logs is B3 with F15.
func (c *claims) logs() {
	const system, database, platform, device = "操作系统登录、操作审计", "数据库审计", "云管平台操作", "网络、安全设备"
	const unit, provider = "使用单位", "云服务商"
	c.rows("B3", "sec_logs", "责任方|日志类别|应检|合规|累积中|不合规|无法判定|豁免|合规率（F15）|可判定率|环比（百分点）",
		joined([]any{unit, system}, logRow("unit", system)), joined([]any{unit, database}, logRow("unit", database)), joined([]any{unit, "合计"}, logRow("unit", "")),
		joined([]any{provider, platform}, logRow("provider", platform)), joined([]any{provider, device}, logRow("provider", device)), joined([]any{provider, "合计"}, logRow("provider", "")),
		joined([]any{"合计", "—"}, logRow("", "")))
	for _, chart := range [][4]string{{"logs_unit", "图B3-1 日志保存状态（使用单位责任）", "unit"}, {"logs_provider", "图B3-2 日志保存状态（云服务商责任）", "provider"}} {
		for _, month := range []time.Month{time.July, time.August, time.September} {
			counts := logCounts(month, chart[2], "")
			for status, head := range map[string]string{"compliant": "合规", "accumulating": "累积中", "non_compliant": "不合规", "undetermined": "无法判定", "waived": "豁免"} {
				c.add("B3", chart[0], fmt.Sprintf("%s 2026-%02d", chart[1], month), head, num(counts[status]))
			}
		}
	}
	now := logCounts(time.September, "", "")
	c.text("B3", 1, fmt.Sprintf("2026年9月末应检日志 %v 个：合规 %v，累积中 %v，不合规 %v，无法判定 %v，豁免 %v；合规率（F15）%s，可判定率 %s。合规者中预警 1 个。另有未列入应检的日志 1 个，见附表，不计入各项数字。应检日志为日志源登记或默认清单所要求者；只采集元数据，不采集日志正文（第三十四条）。",
		now["due"], now["compliant"], now["accumulating"], now["non_compliant"], now["undetermined"], now["waived"], pct(compliance(now)).text, pct(decidable(now)).text))
	auth := func() cellWant { return cellWant{text: "操作系统登录认证"}.with("os-auth") }
	path := func(class string) string { return "/var/log/" + markFirst + class + ".log" }
	const from = "2026年4月1日"
	broken := func(host, party string, log cellWant, class string, first int, integrity, found string, open int, due string) []any {
		days := 10 - first + 1
		return []any{host, "公文系统", "省甲厅", party, log, path(class), from, "—", "—", num(days), fmt.Sprintf("2026年4月%d日 至 2026年4月10日", first), "未提供", absentCell(), "—", integrity, found, num(open), markFirst + "说明", "—", due}
	}
	edited := cellWant{text: "安全设备"}.with("security-device")
	c.rows("B3", "sec_broken", "云主机|信息系统|使用单位|责任方|日志|位置|应有起点|最早记录|最新记录|缺口（天）|缺口区间|轮转策略|推算保存（天）|大小异常|完整性（哈希链）|首次发现|未办结（天）|说明|处置要求|整改期限",
		broken("a2", unit, auth(), "os-auth", 1, "—", "2026年8月31日", daysFrom(8, 31, 9, 30), "2026年9月20日"),
		broken("a3", unit, auth(), "os-auth", 6, "—", "2026年9月30日", 0, "未提供"),
		broken("b3", provider, edited, "security-device", 10, "内容被改动", "2026年7月31日", daysFrom(7, 31, 9, 30), "未提供"))
	c.rows("B3", "sec_accumulating", "云主机|信息系统|使用单位|责任方|日志|位置|应有起点|最早记录|预计达标日",
		[]any{"b1", "审批平台", "省甲厅", unit, auth(), path("os-auth"), from, "—", "2026年10月30日"}) // 30 days after the month
	// 40 and 62 days after 30 September.
	c.rows("B3", "sec_foreseen", "云主机|信息系统|使用单位|责任方|日志|位置|预计跌破日|策略删除日|磁盘满日|轮转策略|推算保存（天）",
		[]any{"a1", "公文系统", "省甲厅", unit, cellWant{text: "数据库审计"}.with("db-audit"), path("db-audit"), "2026年11月9日", "2026年12月1日", "2026年11月9日", "未提供", num(150.5)})
	gap := func(host, party string, log cellWant, class string, first int) []any {
		return []any{host, "公文系统", "省甲厅", party, log, path(class), fmt.Sprintf("2026年4月%d日", first), "2026年4月10日", num(10 - first + 1)}
	}
	c.rows("sheet", "annex_gaps", "云主机|信息系统|使用单位|责任方|日志|位置|缺口起|缺口止|缺口（天）",
		gap("a2", unit, auth(), "os-auth", 1), gap("a3", unit, auth(), "os-auth", 6), gap("b3", provider, edited, "security-device", 10))
	c.allLogs()
}

// allLogs is the annex of all logs.
func (c *claims) allLogs() {
	var rows [][]any
	classes := map[string]string{"os-auth": "操作系统登录认证", "db-audit": "数据库审计", "cloud-control-plane": "云平台管理面", "security-device": "安全设备", "web-access": "Web访问"}
	statuses := map[string]string{"compliant": "合规", "accumulating": "累积中", "non_compliant": "不合规", "undetermined": "无法判定", "waived": "豁免", "not_counted": "不计"}
	for _, v := range loggedMonth(fixtureMonth()) {
		s := figureSystems()[v.System[1]-'1']
		party, mandatory, gap := "使用单位", "是", 0
		if v.Party == "provider" {
			party = "云服务商"
		}
		if !v.Mandatory {
			mandatory = "否"
		}
		for _, m := range v.Missing {
			gap += daysFrom(m.From.Month, m.From.Day, m.To.Month, m.To.Day) + 1
		}
		projected, deleted, full, by, until := absentCell(), "—", "—", "—", "—"
		if v.Class == "db-audit" {
			projected, deleted, full = num(150.5), "2026年12月1日", "2026年11月9日"
		}
		if v.Status == "waived" {
			by, until = "办公室", "2026年12月29日" // 90 days after the month
		}
		rows = append(rows, []any{
			v.HostID, s.name, s.unit, party, cellWant{text: classes[v.Class]}.with(v.Class), v.Path, logCategory(v.Class), mandatory, statuses[v.Status],
			"2026年4月1日", "—", num(gap), projected, deleted, full, num(30), by, until,
		})
	}
	c.rows("sheet", "annex_logs", "云主机|信息系统|使用单位|责任方|日志|位置|日志类别|应检|判定|应有起点|最早记录|缺口（天）|推算保存（天）|策略删除日|磁盘满日|存证天数|豁免批准人|豁免至", rows...)
}

// imported are B4 to B8, counted in the files by hand: see recordFiles.
func (c *claims) imported() {
	c.rows("B4", "sec_vulnerabilities", "级别|新增|修复|存量|超期",
		[]any{"高", num(1), num(0), num(2), num(1)}, // VX-1 open since August and overdue, VX-2 new
		[]any{"中", num(0), num(1), num(0), num(0)}, // VX-3
		[]any{"低", num(1), num(0), num(1), num(0)}) // VX-4, fixed in October only
	c.rows("B4", "sec_vulnerability_units", "使用单位|级别|新增|修复|存量|超期",
		[]any{"平台侧", "低", num(1), num(0), num(1), num(0)},
		[]any{"省甲厅", "高", num(0), num(0), num(1), num(1)},
		[]any{hostileUnit, "高", num(1), num(0), num(1), num(0)},
		[]any{hostileUnit, "中", num(0), num(1), num(0), num(0)})
	c.rows("sheet", "annex_vulnerabilities", "编号|级别|名称|CVE|使用单位|信息系统|云主机|发现日期|整改期限|修复日期",
		[]any{"VX-1", "高", markFirst + "漏洞", "未提供", "省甲厅", "公文系统", "a1", "2026年8月10日", "2026年8月20日", "—"},
		[]any{"VX-2", "高", markSecond + "漏洞", "未提供", hostileUnit, hostileSystem, "c1", "2026年9月2日", "2026年10月2日", "—"},
		[]any{"VX-3", "中", "弱口令", "未提供", hostileUnit, hostileSystem, "c1", "2026年8月2日", "2026年8月30日", "2026年9月5日"},
		[]any{"VX-4", "低", "平台组件", "未提供", "平台侧", "—", "未提供", "2026年9月3日", "未提供", "—"})
	c.rows("B5", "sec_baseline", "核查类别|合格|不合格|不适用|已整改|合格率",
		[]any{"账户与权限", num(1), num(1), num(0), num(1), pct(1 / 2.0)}, []any{"安全基线", num(0), num(0), num(1), num(0), noneCell()})
	c.rows("B5", "sec_baseline_failed", "使用单位|信息系统|云主机|核查类别|核查项|核查日期|整改日期",
		[]any{"省甲厅", "公文系统", "未提供", "账户与权限", markFirst + "项", "2026年9月10日", "2026年9月20日"})
	c.backups("B6", "sec_backups")
	c.missing("B7", "变更与加固")
	c.rows("B8", "sec_rectification", "编号|来源|级别|使用单位|信息系统|问题|发现日期|整改期限|状态|办结日期|超期（天）",
		[]any{"RX-1", "检查", "高", "省甲厅", "公文系统", markFirst + "问题", "2026年8月31日", "2026年9月20日", "超期", "—", num(daysFrom(9, 20, 9, 30))},
		[]any{"RX-2", "审计", "低", hostileUnit, hostileSystem, markSecond + "问题", "2026年7月1日", "2026年8月1日", "已办结", "2026年9月3日", num(daysFrom(8, 1, 9, 3))})
}

// alerts are those of the file of attacks, and how many were blocked, by month.
func alerts(month time.Month) (all, blocked float64) {
	switch month {
	case time.July:
		return 30, 30
	case time.August:
		return 60, 50
	}
	return 100 + 20 + 3, 90 + 20
}

// situation is S1 to S5.
func (c *claims) situation() {
	months := []time.Month{time.September, time.August, time.July}
	three := func(cell func(float64) cellWant, of func(time.Month) float64) []any {
		sum := 0.0
		for _, m := range months {
			sum += of(m)
		}
		return []any{cell(of(months[0])), cell(of(months[1])), cell(sum / 3)}
	}
	of := func(status string) func(time.Month) float64 {
		return func(m time.Month) float64 { return logCounts(m, "", "")[status] }
	}
	managed := func(m time.Month) float64 {
		if m == time.September {
			return 9.0 / 10
		}
		return 1
	}
	all := func(m time.Month) float64 { n, _ := alerts(m); return n }
	blocked := func(m time.Month) float64 { n, b := alerts(m); return b / n }
	c.rows("S1", "sec_indicators", "指标|本月|上月|近三月均值",
		joined([]any{"日志保存合规率（F15）"}, three(pct, func(m time.Month) float64 { return compliance(logCounts(m, "", "")) })),
		joined([]any{"日志可判定率"}, three(pct, func(m time.Month) float64 { return decidable(logCounts(m, "", "")) })),
		joined([]any{"日志保存不合规（个）"}, three(num, of("non_compliant"))),
		joined([]any{"日志无法判定（个）"}, three(num, of("undetermined"))),
		joined([]any{"数据完整率（F1）"}, three(pct, func(m time.Month) float64 { return c.of(m, everyHost()).coverage() })),
		joined([]any{"纳管率（F2）"}, three(pct, managed)),
		[]any{"高危漏洞存量（个）", num(2), num(1), absentCell()}, // no file states July
		[]any{"超期漏洞（个）", num(1), num(2), absentCell()},   // VX-1 and VX-3 in August
		joined([]any{"攻击与告警（次）"}, three(num, all)),
		joined([]any{"拦截率"}, three(pct, blocked)),
		[]any{"安全事件（起）", num(1), absentCell(), absentCell()},
		[]any{"超期整改（项）", num(1), absentCell(), absentCell()})
	top := func(id, head string, rows ...[3]any) {
		var cells [][]any
		for _, r := range rows {
			all, stopped := r[1].(int), r[2].(int)
			cells = append(cells, []any{r[0], num(all), num(stopped), pct(float64(stopped) / float64(all))})
		}
		c.rows("S2", id, head+"|告警（次）|拦截（次）|拦截率", cells...)
	}
	top("sec_devices", "来源设备", [3]any{"WAF", 100, 90}, [3]any{"IDS", 20, 20}, [3]any{"HIDS", 3, 0})
	top("sec_categories", "攻击类型", [3]any{"注入", 100, 90}, [3]any{"扫描", 23, 20})
	top("sec_origins", "源地", [3]any{"甲地", 100, 90}, [3]any{"乙地", 20, 20}, [3]any{"未提供", 3, 0})
	top("sec_targets", "目标系统", [3]any{"公文系统", 100, 90}, [3]any{hostileSystem, 20, 20}, [3]any{"平台侧", 3, 0})
	c.rows("S3", "sec_incidents", "事件编号|级别|事件|发现时间|报告时间|响应时间|恢复时间|反馈时间",
		[]any{"I3", "重大", markSecond + "被篡改", "2026年9月21日 08:00", "—", "—", "—", "—"})
	missing := 24 * (30/5 + 21)
	c.text("S4", 1, fmt.Sprintf("未纳管云主机 1 台，离线 0 台，无法判定的日志 1 个，缺测 %d 主机·小时。未登记即上报的主机 1 台。", missing))
	c.rows("S4", "sec_unmanaged", "云主机|信息系统|使用单位|数据完整率|缺测（小时）", []any{"b4", "审批平台", "省甲厅", pct(0), num(21 * 24)})
	c.rows("S4", "sec_unknown", "云主机|首次上报|最后上报", []any{"ghost", "2026年9月5日 08:00", "2026年9月5日 08:05"})
	overdue := map[time.Month]cellWant{time.July: absentCell(), time.August: num(2), time.September: num(1)}
	var trend [][]any
	for _, m := range []time.Month{time.July, time.August, time.September} {
		counts := logCounts(m, "", "")
		trend = append(trend, []any{fmt.Sprintf("2026年%d月", m), num(counts["non_compliant"]), pct(compliance(counts)), overdue[m]})
	}
	c.rows("S5", "sec_trend", "月份|不合规|合规率（F15）|超期漏洞", trend...)
	c.load()
}
