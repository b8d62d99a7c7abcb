package collector_test

import (
	"fmt"
	"strings"
	"time"
)

// party is a using unit or an information system of the fixture, or all of it.
type figureParty struct {
	name, id, unit string
	systems        int
	belongs        func(*fixtureHost) bool
}

func figureSystems() []figureParty {
	of := func(id string) func(*fixtureHost) bool { return func(h *fixtureHost) bool { return h.system == id } }
	return []figureParty{
		{"公文系统", "S1", "省甲厅", 1, of("S1")}, {"审批平台", "S2", "省甲厅", 1, of("S2")}, {hostileSystem, "S3", hostileUnit, 1, of("S3")},
	}
}

func figureUnits() []figureParty {
	return []figureParty{
		{"省甲厅", "N-0001", "省甲厅", 2, func(h *fixtureHost) bool { return h.system != "S3" }},
		{hostileUnit, "N-0002", hostileUnit, 1, func(h *fixtureHost) bool { return h.system == "S3" }},
	}
}

// everyHost are all hosts, only is one of them.
func everyHost() figureParty {
	return figureParty{id: "all", belongs: func(*fixtureHost) bool { return true }}
}

func only(id string) figureParty {
	return figureParty{id: id, belongs: func(h *fixtureHost) bool { return h.id == id }}
}

// systemOf is the system of a host.
func systemOf(h *fixtureHost) figureParty {
	for _, s := range figureSystems() {
		if s.id == h.system {
			return s
		}
	}
	return figureParty{}
}

const tebi = 1024.0 // GiB in a TiB

// usageClaims are the figures of report A.
func usageClaims(d *definitions) *claims {
	c := expectations("A", d)
	c.pair("云服务商", "天府云 (tianfu)")
	c.pair("统计期", "2026年9月1日 00:00 至 2026年10月1日 00:00（不含），北京时间")
	c.pair("生成依据时间（判定时间）", "2026年10月3日 09:00")
	c.quality()
	c.summary()
	c.capacity()
	c.efficiency()
	c.lowUtilisation()
	c.operation()
	c.settlement()
	c.annexes()
	c.rules("A9")
	return c
}

// quality is A0: F1 and F2, and what is missing.
func (c *claims) quality() {
	c.rows("A0", "quality", "项目|内容",
		[]any{"在管云主机（期末已分配）", num(10)},
		// 9 hosts for 30 days, one of them off for 10, and one for 21 days; b3 lacks a fifth, b4 all.
		[]any{"数据完整率（F1）", pct(254.0 / 281)},
		[]any{"纳管率（F2）", pct(9.0 / 10)}, // all but b4 were seen for a day
		[]any{"缺测主机时长", fmt.Sprintf("%d 主机·小时；完整率低于 90.0%% 的云主机 2 台，其中全月无数据 1 台", 24*(30/5+21))},
		[]any{"关机时长", fmt.Sprintf("%d 主机·小时（仅计平台确认或由启动时间证实的关机；分配口径按 0 计）", 24*10)},
		[]any{"数据不足不作判定的信息系统", "1 个"}, // S2
		[]any{"时钟偏差超限主机", "1 台（限值 60 秒）；未报偏差 0 台"},
		[]any{"未登记即上报的主机", "1 台（单列，不计入任何数字）"},
		[]any{"云硬盘容量未登记", "2 台"}, // c2 and c3
		// 22 weekdays without the 25th, and Sunday the 20th.
		[]any{"估算值", "工作日 22 天，均依据国务院办公厅放假通知；无估算值"},
	)
	c.rows("A0", "short", "云主机|信息系统|使用单位|数据完整率|缺测（小时）",
		[]any{"b3", "审批平台", "省甲厅", pct(0.8), num(720 / 5)}, []any{"b4", "审批平台", "省甲厅", pct(0), num(21 * 24)})
	c.rows("A0", "clocks", "云主机|最大偏差（秒）", []any{"a1", num(90)})
	c.rows("A0", "unknown", "云主机|首次上报|最后上报|实收（小时）", []any{"ghost", "2026年9月5日 08:00", "2026年9月5日 08:05", num(300 / 3600.0)})
}

// ratios are the columns of F3, F4 and F5 of the report itself, and detailedRatios those of the
// annexes.
const (
	ratioHeads    = "CPU 均值|CPU P95|CPU 峰值（5分钟均值）|内存均值|内存 P95"
	detailedHeads = "CPU 均值|CPU 均值（运行口径）|CPU P95|CPU P95（运行口径）|CPU P95（工作时段）|CPU 峰值（5分钟均值）|内存均值|内存均值（运行口径）|内存 P95|内存 P95（运行口径）|内存峰值（5分钟均值）"
)

func (g *gauged) ratios() []any {
	top, _ := g.cpu.peak()
	return []any{
		pct(g.cpu.mean()).running(g.cpuRuns.mean()), pct(g.cpu.p95()).running(g.cpuRuns.p95()), pct(top),
		pct(g.memory.mean()).running(g.memoryRuns.mean()), pct(g.memory.p95()).running(g.memoryRuns.p95()),
	}
}

func (g *gauged) detailedRatios() []any {
	top, _ := g.cpu.peak()
	most, _ := g.memory.peak()
	return []any{
		pct(g.cpu.mean()), pct(g.cpuRuns.mean()), pct(g.cpu.p95()), pct(g.cpuRuns.p95()), pct(g.cpuWorks.p95()), pct(top),
		pct(g.memory.mean()), pct(g.memoryRuns.mean()), pct(g.memory.p95()), pct(g.memoryRuns.p95()), pct(most),
	}
}

// sized are the columns of what a party has, rated those behind its ratios.
func (g *gauged) sized() []any {
	return []any{num(g.hosts), num(g.vcpu), num(float64(g.memoryMiB) / 1024), fixed2(float64(g.diskGiB) / tebi)}
}

func (g *gauged) rated() []any {
	storage, score := absentCell(), absentCell()
	if v, known := g.stored(); known {
		storage = pct(v)
	}
	if v, known := g.score(); known {
		score = fixed1(v)
	}
	return []any{storage, fixed2(g.networkMean / g.networkHosts), pct(g.coverage()), score}
}

func joined(parts ...[]any) (out []any) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// summary is A1: the whole, and F7 against August; a year ago there was nothing.
func (c *claims) summary() {
	now, before := c.of(time.September, everyHost()), c.of(time.August, everyHost())
	ratio := func(now, running, before float64) []any {
		return []any{pct(now).running(running), pp(now - before).with(" 个百分点"), absentCell()}
	}
	quantity := func(w func(float64) cellWant, now, before float64) []any {
		return []any{w(now), delta((now - before) / before), absentCell()}
	}
	compared := [][]any{
		joined([]any{"信息系统（个）"}, quantity(num, 3, 3)),
		joined([]any{"使用单位（个）"}, quantity(num, 2, 2)),
		joined([]any{"云主机（台）"}, quantity(num, float64(now.hosts), float64(before.hosts))),
		joined([]any{"vCPU（核）"}, quantity(num, float64(now.vcpu), float64(before.vcpu))),
		joined([]any{"内存（GiB）"}, quantity(num, float64(now.memoryMiB)/1024, float64(before.memoryMiB)/1024)),
		joined([]any{"云硬盘（TiB）"}, quantity(fixed2, float64(now.diskGiB)/tebi, float64(before.diskGiB)/tebi)),
		joined([]any{"CPU 平均利用率（F3）"}, ratio(now.cpu.mean(), now.cpuRuns.mean(), before.cpu.mean())),
		joined([]any{"CPU P95（F4）"}, ratio(now.cpu.p95(), now.cpuRuns.p95(), before.cpu.p95())),
		joined([]any{"内存平均利用率（F5）"}, ratio(now.memory.mean(), now.memoryRuns.mean(), before.memory.mean())),
		joined([]any{"内存 P95（F5）"}, ratio(now.memory.p95(), now.memoryRuns.p95(), before.memory.p95())),
		// b4 has 200 of 1200 GiB and tells nothing: less than 90 % is known.
		{"存储利用率（F6）", absentCell(), absentCell(), absentCell()},
	}
	c.rows("A1", "compared", "指标|本期|环比|同比", compared...)
	var said []string
	for _, row := range compared {
		w := row[1].(cellWant)
		c.add("A1", "cards", row[0].(string), "", cellWant{text: w.text + w.note})
		said = append(said, w.text+w.note)
	}
	c.text("A1", 1, fmt.Sprintf("2026年9月，天府云承载使用单位 %s 个、信息系统 %s 个；期末已分配云主机 %s 台、vCPU %s 核、内存 %s GiB、云硬盘 %s TiB。"+
		"CPU 平均利用率 %s，P95 %s；内存平均利用率 %s，P95 %s；存储利用率 %s。判定使用效率偏低的信息系统 1 个，占 %s；闲置云主机 1 台。",
		said[1], said[0], said[2], said[3], said[4], said[5], said[6], said[7], said[8], said[9], said[10], pct(1/3.0).text))
	// F11: c3 is given back, whose disk is not registered; a3 is halved, the disks of a1 and a2
	// shrink to 60 GiB, for which there is no price. F13 and F15 as in A5 and A6.
	c.text("A1", 2, "可节约量（F11）：回收闲置云主机可节约 vCPU 4 核、内存 8 GiB、云硬盘 未提供；回收未挂载云硬盘 未提供；判定偏低的信息系统的其余云主机：降配 1 台、存储缩减 2 台，可节约 4 核 8 GiB 云硬盘 80 GiB；以上金额合计未提供。"+
		"平台可用率（F13）："+pct3(available(allOutages)).text+"。日志合规率（F15）："+pct(4/8.0).text+"。")
}

// flow is a line of A2-1; nothing of the fixture is moved, shrunk or given back.
func flow(name string, w func(float64) cellWant, open, fresh, up, end float64) []any {
	return []any{name, w(open), w(fresh), w(0), w(up), w(0), w(0), w(0), w(end), "相符"}
}

const flowHeads = "资源|期初|新增|划入|扩容|划出|缩容|退订|期末|校验"

// capacity is A2: b4 is new on the 10th, b3 grows on the 16th.
func (c *claims) capacity() {
	var rows [][]any
	lines := func(hosts, vcpu, memory, disk, changes float64) [][]any {
		return [][]any{
			flow("云主机（台）", num, hosts, changes, 0, hosts+changes),
			flow("vCPU（核）", num, vcpu, 2*changes, 4*changes, vcpu+6*changes),
			flow("内存（GiB）", num, memory, 4*changes, 8*changes, memory+12*changes),
			flow("云硬盘（TiB）", fixed2, disk/tebi, 200*changes/tebi, 0, disk/tebi+200*changes/tebi),
		}
	}
	rows = lines(9, 44, 88, 1000, 1)
	for _, name := range []string{"云数据库", "对象存储", "公网IP", "云安全服务"} {
		row := []any{name}
		for range 9 {
			row = append(row, absentCell())
		}
		rows = append(rows, row)
	}
	c.rows("A2", "flows", flowHeads, rows...)
	var units [][]any
	for _, line := range lines(6, 36, 72, 900, 1) {
		units = append(units, joined([]any{"省甲厅"}, line))
	}
	for _, line := range lines(3, 8, 16, 100, 0) {
		units = append(units, joined([]any{hostileUnit}, line))
	}
	c.rows("A2", "flows_units", "使用单位|"+flowHeads, units...)
	c.rows("A2", "pools", "云平台|资源池|资源|总量|已分配|剩余|分配率|超分比",
		[]any{"天府政务云一区", "一区", "vCPU（核）", num(40), num(50), num(0), pct(50 / 40.0), fixed2(50 / 40.0)})
	for k := range 12 {
		month := fixtureMonth().Add(k - 11)
		vcpu, memory := num(44), num(88)
		switch {
		case month.Year < 2026: // the inventory begins with January
			vcpu, memory = absentCell(), absentCell()
		case month == fixtureMonth():
			vcpu, memory = num(50), num(100)
		}
		c.add("A2", "allotted", "图A2 12个月分配量趋势 "+month.String(), "vCPU（核）", vcpu)
		c.add("A2", "allotted", "图A2 12个月分配量趋势 "+month.String(), "内存（GiB）", memory)
	}
	c.rows("sheet", "annex_changes", "生效时间|云主机|变动|原信息系统|现信息系统|原 vCPU（核）|现 vCPU（核）|原内存（GiB）|现内存（GiB）|原云硬盘（GiB）|现云硬盘（GiB）",
		[]any{"2026年9月10日 00:00", "b4", "新增", "—", "审批平台", "—", num(2), "—", num(4), "—", num(200)},
		[]any{"2026年9月16日 00:00", "b3", "扩容", "审批平台", "审批平台", num(4), num(8), num(8), num(16), num(200), num(200)})
}

// efficiency is A3: units, systems, classes, curves and high load.
func (c *claims) efficiency() {
	const heads = "云主机（台）|vCPU（核）|内存（GiB）|云硬盘（TiB）|%s|存储利用率|网络均值（Mbps/台）|数据完整率|得分（F17）"
	unitRow := func(p figureParty, rank string, ratios func(*gauged) []any) []any {
		g, before := c.of(time.September, p), c.of(time.August, p)
		return joined([]any{p.name, p.id, num(p.systems)}, g.sized(), ratios(g), g.rated(), []any{rank, pp(g.cpu.mean() - before.cpu.mean())})
	}
	units := figureUnits()
	total := figureParty{"合计", "—", "", 3, everyHost().belongs}
	for _, table := range []struct {
		section, id, heads string
		ratios             func(*gauged) []any
	}{{"A3", "units", ratioHeads, (*gauged).ratios}, {"sheet", "annex_units", detailedHeads, (*gauged).detailedRatios}} {
		c.rows(table.section, table.id, "使用单位|单位代码|系统（个）|"+fmt.Sprintf(heads, table.heads)+"|名次|CPU 均值环比（百分点）",
			unitRow(units[0], "未提供", table.ratios), unitRow(units[1], "1/1", table.ratios), unitRow(total, "—", table.ratios))
	}
	registered := map[string][]any{
		"S1": {"第三级", "2025年1月15日", "运行"}, "S2": {"未提供", "未提供", "运行"}, "S3": {"第二级", "2024年6月1日", "运行"},
	}
	judged := map[string]cellWant{
		"S1": cellWant{text: "是"}.with("判定"), "S2": cellWant{text: "否"}.with("数据不足，不作判定"), "S3": cellWant{text: "否"}.with("豁免"),
	}
	for _, table := range []struct {
		section, id, heads string
		ratios             func(*gauged) []any
	}{{"A3", "systems", ratioHeads, (*gauged).ratios}, {"sheet", "annex_systems", detailedHeads, (*gauged).detailedRatios}} {
		var rows [][]any
		for _, s := range figureSystems() {
			g, before := c.of(time.September, s), c.of(time.August, s)
			rows = append(rows, joined([]any{s.name, s.id, s.unit}, registered[s.id], g.sized(), table.ratios(g), g.rated(),
				[]any{pp(g.cpu.mean() - before.cpu.mean()), judged[s.id], c.lowReason(s)}))
		}
		c.rows(table.section, table.id, "信息系统|系统编号|使用单位|等保级别|割接日期|状态|"+fmt.Sprintf(heads, table.heads)+"|CPU 均值环比（百分点）|是否判定|说明", rows...)
	}
	const chart, bubble = "图A3-1（续） 信息系统 CPU P95（分配口径） ", "图A3-3 CPU P95 与内存 P95（分配口径） "
	for _, s := range figureSystems() {
		g := c.of(time.September, s)
		c.add("A3", "systems", chart+s.name, "CPU P95", pct(g.cpu.p95()))
		c.add("A3", "bubbles", bubble+s.name, "CPU P95", pct(g.cpu.p95()))
		c.add("A3", "bubbles", bubble+s.name, "内存 P95", pct(g.memory.p95()))
		c.add("A3", "bubbles", bubble+s.name, "vCPU（核）", num(g.vcpu))
	}
	c.classes()
	c.curves()
	c.load()
	// F17 as in the draft (reports.md 0.3).
	c.text("A3", 1, "使用效率得分（F17，草案）＝100×[0.5×g(CPU P95；40%，70%)＋0.3×g(内存 P95；40%，80%)＋0.2×g(存储利用率；50%，85%)]，低于下限线性、区间内为 1、高于上限线性扣减；任一原始值未提供则得分未提供。名次为有得分的使用单位内的名次。")
}

// classes is A3-3: the hosts by their own P95.
func (c *claims) classes() {
	names := []string{"＜5%", "5%–20%", "20%–40%", "40%–70%", "＞70%", "无数据"}
	class := func(ratio float64) int {
		for i, bound := range []float64{0.05, 0.20, 0.40} {
			if ratio < bound-1e-12 {
				return i
			}
		}
		if ratio <= 0.70+1e-12 {
			return 3
		}
		return 4
	}
	var cpu, memory, cores, gib [6]int
	for _, h := range fixtureHosts() {
		at, of := 5, 5
		g := c.of(time.September, only(h.id))
		if !h.silent {
			at, of = class(g.cpu.p95()), class(g.memory.p95())
		}
		cpu[at], cores[at], memory[of], gib[of] = cpu[at]+1, cores[at]+g.vcpu, memory[of]+1, gib[of]+g.memoryMiB/1024
	}
	var rows [][]any
	for i, name := range names {
		rows = append(rows, []any{name, num(cpu[i]), num(cores[i]), num(memory[i]), num(gib[i])})
		c.add("A3", "distribution", "图A3-1 利用率分布（云主机台数） "+name, "CPU P95", num(cpu[i]))
		c.add("A3", "distribution", "图A3-1 利用率分布（云主机台数） "+name, "内存 P95", num(memory[i]))
	}
	c.rows("A3", "distribution", "P95 档|CPU 主机数|CPU 核数|内存 主机数|内存量（GiB）", rows...)
}

// curves is A3-2: the means by hour, on working days and others.
func (c *claims) curves() {
	g := c.of(time.September, everyHost())
	heads := []string{"CPU 工作日", "CPU 非工作日", "内存 工作日", "内存 非工作日"}
	var sums [24][4][2]float64
	for kind, days := range [][]gauge{g.days, g.memoryDays} {
		for day := range days {
			column := 2 * kind
			if !works(time.Date(2026, time.September, day+1, 0, 0, 0, 0, time.UTC)) {
				column++
			}
			for i, slot := range days[day].slots {
				hour := slot % bucketsADay / 12
				of := days[day].weights[i]
				sums[hour][column][0] += days[day].values[i] * float64(of)
				sums[hour][column][1] += float64(of)
			}
		}
	}
	var rows [][]any
	for hour := range sums {
		clock := fmt.Sprintf("%02d:00", hour)
		row := []any{clock}
		for k, s := range sums[hour] {
			w := pct(s[0] / s[1])
			row = append(row, w)
			c.add("A3", "curve", "图A3-2 日均曲线（工作日与非工作日，分配口径） "+clock, heads[k], w)
		}
		rows = append(rows, row)
	}
	c.rows("sheet", "curve", "时刻|"+strings.Join(heads, "|"), rows...)
}

// load is A3-4: above 80 % of CPU or 90 % of memory, or full within 30 days.
func (c *claims) load() {
	var rows [][]any
	s := figureSystems()[1]
	g := c.of(time.September, s)
	rows = append(rows, []any{"信息系统", s.id, s.name, s.unit, num(g.vcpu), num(g.memoryMiB / 1024), pct(g.cpu.p95()), pct(g.memory.p95()), absentCell(), "CPU P95 超过 80%、内存 P95 超过 90%"})
	var full [][]any
	for _, h := range fixtureHosts() {
		if h.system != "S2" || h.silent {
			continue
		}
		g := c.of(time.September, only(h.id))
		perDay, days, _ := growth(&h)
		stored, _ := g.stored()
		rows = append(rows, []any{"云主机", h.id, s.name, s.unit, num(g.vcpu), num(g.memoryMiB / 1024), pct(g.cpu.p95()), pct(g.memory.p95()), num(days), "CPU P95 超过 80%、内存 P95 超过 90%、预计 30 日内满额"})
		full = append(full, []any{h.id, s.name, s.unit, pct(stored), fixed2(perDay), num(days)})
	}
	if c.document != "A" {
		c.rows("S5", "sec_full", "云主机|信息系统|使用单位|存储利用率|存储日均增长（GiB）|预计满额（日）", full...)
		return
	}
	c.rows("A3", "load", "对象|编号|信息系统|使用单位|vCPU（核）|内存（GiB）|CPU P95|内存 P95|预计满额（日）|关注原因", rows...)
	c.add("A3", "load", "", "note", cellWant{text: "CPU P95 超过 80%，或内存 P95 超过 90%，或预计不足 30 日满额。"})
}

// settlement is A7 with F16: 30 cores and 74 GiB are the baselines of the first unit, 6 cores of the
// second.
func (c *claims) settlement() {
	const vcpu, memory, disk = "vCPU（核）", "内存（GiB）", "云硬盘（TiB）"
	blank := func(unit, id, resource string, average cellWant) []any {
		return []any{unit, id, resource, absentCell(), "未提供", average, absentCell(), absentCell(), "未提供", "未提供"}
	}
	// 36 cores for 9 days, 38 with b4 for 6, 42 with the larger b3 for 15; before September 36
	// for 243 days: 6, 8 and 12 above the baseline. Of memory, 72 GiB for 9 days are below the
	// baseline, which is no credit; 76 and 84 are 2 and 10 above it. The baseline of the second
	// unit begins on the 16th.
	c.rows("A7", "settlement", "使用单位|单位代码|资源|基数|基数生效日期|当月日均分配|增量|年内累计（F16）|累计起|变更凭据号",
		[]any{"省甲厅", "N-0001", vcpu, fixed2(30), "2026年1月1日", fixed2((36*9 + 38*6 + 42*15) / 30.0), fixed2((6*9 + 8*6 + 12*15) / 30.0), fixed2((6*(243+9) + 8*6 + 12*15) / 365.0), "2026年1月1日 00:00", "凭1"},
		[]any{"省甲厅", "N-0001", memory, fixed2(74), "2026年9月1日", fixed2((72*9 + 76*6 + 84*15) / 30.0), fixed2((2*6 + 10*15) / 30.0), fixed2((2*6 + 10*15) / 365.0), "2026年9月1日 00:00", "凭2"},
		blank("省甲厅", "N-0001", disk, fixed2((900*9+1100*21)/30.0/tebi)),
		[]any{hostileUnit, "N-0002", vcpu, fixed2(6), "2026年9月16日", fixed2(8), fixed2(2), fixed2(2 * 15 / 365.0), "2026年9月16日 00:00", "凭3"},
		blank(hostileUnit, "N-0002", memory, fixed2(16)), blank(hostileUnit, "N-0002", disk, absentCell()))
	c.rows("A7", "averages", "信息系统|使用单位|日均 vCPU（核）|日均内存（GiB）|日均云硬盘（TiB）",
		[]any{"公文系统", "省甲厅", fixed2(16), fixed2(32), fixed2(300 / tebi)},
		[]any{"审批平台", "省甲厅", fixed2((20*9 + 22*6 + 26*15) / 30.0), fixed2((40*9 + 44*6 + 52*15) / 30.0), fixed2((600*9 + 800*21) / 30.0 / tebi)},
		[]any{hostileSystem, hostileUnit, fixed2(8), fixed2(16), absentCell()})
}
