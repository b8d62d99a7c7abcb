package collector_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

// lowReason is what the rule on low utilisation (F8) says of a system in September.
func (d *definitions) lowReason(s figureParty) string {
	g := d.of(time.September, s)
	switch s.id {
	case "S1":
		return lowFor(g)
	case "S2":
		return short(g)
	}
	return "连续 3 个月使用效率偏低，因“灾备系统”豁免（依据或批准人：领导小组办公室；有效期至 2027-03-31）。"
}

// lowFor says that CPU stayed below 20 % and memory below 40 % for three months.
func lowFor(g *gauged) string {
	return fmt.Sprintf("连续 3 个月 CPU P95 低于 20.0%% 且内存 P95 低于 40.0%%；2026年9月 CPU P95 %s、内存 P95 %s，数据完整率 %s。",
		pct(g.cpu.p95()).text, pct(g.memory.p95()).text, pct(g.coverage()).text)
}

// short says that less than 90 % was observed.
func short(g *gauged) string {
	return fmt.Sprintf("2026年9月数据完整率 %s，低于 90.0%%，数据不足，不作判定。", pct(g.coverage()).text)
}

// series are the P95 of July, August and September.
func (d *definitions) series(s figureParty, of func(*gauged) float64) string {
	out := ""
	for _, month := range []time.Month{time.July, time.August, time.September} {
		if out != "" {
			out += " → "
		}
		out += pct(of(d.of(month, s))).text
	}
	return out
}

func cpuP95(g *gauged) float64    { return g.cpu.p95() }
func memoryP95(g *gauged) float64 { return g.memory.p95() }

// idleReason: each of 30 days below 5 % of CPU, 5 MB and 20 % of memory (F9). c3 uses 1 % of its
// cores, 409 of 8192 MiB, and sends 900 bytes in each of 288 slots.
func idleReason() string {
	return fmt.Sprintf("30 日内有效 30 日，每日均闲置（CPU P95 低于 5.00%%、网络低于 5 MB、内存 P95 低于 20.00%%，或全日关机）；期内最高 CPU P95 1.00%%、网络 %s MB、内存 P95 %s%%。",
		decimal(900*288/1e6, 2), decimal(100*409/8192.0, 2))
}

// lowUtilisation is A4 with F8, F9 and F11.
func (c *claims) lowUtilisation() {
	const heads = "信息系统|编号|使用单位|连续成立|CPU P95（逐月）|内存 P95（逐月）|云主机（台）|现配|拟议方案|目标规格|可节约量|数据完整率|豁免核对|说明"
	s1, c3 := figureSystems()[0], c.of(time.September, only("c3"))
	c.rows("A4", "judged", heads, []any{
		"公文系统", "S1", "省甲厅", "3 / 3 个月", c.series(s1, cpuP95), c.series(s1, memoryP95), num(3), "16 核 32 GiB 云硬盘 300 GiB", "降配",
		cellWant{text: "12 核 24 GiB"}.with("降配 1 台、存储缩减 2 台"), "4 核 8 GiB 云硬盘 80 GiB", pct(1).with("置信度 高 3 台"), "已核对，无有效豁免", c.lowReason(s1),
	})
	c.rows("A4", "idle", heads, []any{
		hostileSystem, "c3", hostileUnit, "30 / 30 日", pct(c3.cpu.p95()).text, pct(c3.memory.p95()).text, num(1), "4 核 8 GiB 云硬盘 未提供", "回收", "—",
		"4 核 8 GiB 云硬盘 未提供", pct(1), "已核对，无有效豁免", idleReason(),
	})
	// On the day of judging, nothing has been done yet.
	var rows [][]any
	for _, s := range []figureParty{s1, figureSystems()[2]} {
		row := []any{s.name, s.unit, "2026-09", "已判定"}
		for range 9 {
			row = append(row, "—")
		}
		rows = append(rows, append(row, "通报 (云监管平台服务商、领导小组办公室)", num(0)))
	}
	c.rows("A4", "ledger", "信息系统|使用单位|月份|办理状态|通报日|反馈期限|反馈日|评审日|审批日|实施期限|实施日|复核到期日|复核日|下一环节（办理方）|现超期（工作日）", rows...)
	c.rows("A4", "exempted", "信息系统|编号|使用单位|豁免类别|豁免理由|批准人或依据|有效期至",
		[]any{hostileSystem, "S3", hostileUnit, "灾备、备机", "灾备系统", "领导小组办公室", "2027年3月31日"})
}

// judgement is what a rule says of a subject in annex 4.
type judgement struct {
	verdict, state string
	met            int
	proposal       []any // what is proposed, and the three savings
	exemptions     string
	missing        string
	reason         string
}

func passed(met int, reason string) judgement {
	return judgement{verdict: "未判定偏低", state: "正常观察", met: met, reason: reason}
}

func unjudged(state, missing, reason string) judgement {
	return judgement{verdict: "不作判定", state: state, missing: missing, reason: reason}
}

func judgedAs(met int, reason string, proposal ...any) judgement {
	return judgement{verdict: "判定成立", state: "判定", met: met, proposal: proposal, exemptions: "已核对，无有效豁免", reason: reason}
}

const (
	tooFew    = "数据不足，不作判定"
	notGiven  = "未提供，不作判定"
	growthOf  = "预计满额天数、存储日均增长（GiB）"
	neverSent = "b4"
)

// findings are what the seven rules say of a host in September, by the title of the rule.
func findings(h *fixtureHost, g *gauged) map[string]judgement {
	out := map[string]judgement{}
	p95 := func() string {
		return fmt.Sprintf("CPU P95 %s、内存 P95 %s", pct(g.cpu.p95()).text, pct(g.memory.p95()).text)
	}
	deployed := passed(0, "已有监测数据，或交付未满 10 个工作日。")
	off := passed(h.offDays, fmt.Sprintf("30 日内有 %d 日全日关机，并非持续关机。", h.offDays))
	idle := passed(h.offDays, fmt.Sprintf("30 日内有效 30 日，其中 %d 日闲置，并非每日闲置。", h.offDays))
	var load, low judgement
	switch {
	case h.id == neverSent:
		load, low = unjudged(tooFew, "—", short(g)), unjudged(tooFew, "—", short(g))
		idle = unjudged(tooFew, "数据完整率", "30 日内仅有效 0 日，数据不足，不作判定。")
		deployed = unjudged(notGiven, "交付后的工作日数", "缺少 交付后的工作日数，不作判定。")
		off = unjudged(tooFew, "全日关机", "30 日内仅有 0 日的开关机情况已知，不作判定。")
	case h.id == "b3": // every fifth slot is missing, on each day
		load, low = unjudged(tooFew, "—", short(g)), unjudged(tooFew, "—", short(g))
		idle = unjudged(tooFew, "—", "30 日内仅有效 0 日，数据不足，不作判定。")
	case h.system == "S2":
		_, days, _ := growth(h)
		load = judgedAs(1, fmt.Sprintf("2026年9月 %s、存储预计满额天数 %s；超过 CPU 80.0%%、内存 90.0%% 或少于 30 天之一，宜关注升配。", p95(), decimal(days, 0)), "未提供", absentCell(), absentCell(), absentCell())
		low = passed(0, fmt.Sprintf("2026年9月 %s，不同时低于 20.0%% 和 40.0%%。", p95()))
	default:
		load = passed(0, fmt.Sprintf("2026年9月 %s、存储预计满额天数 —，未达高负载。", p95()))
		if h.storageMiB == nil {
			load = unjudged(notGiven, growthOf, "2026年9月缺少 "+growthOf+"，不作判定。")
		}
		low = judgedAs(3, lowFor(g), "降配", absentCell(), absentCell(), absentCell())
	}
	if h.id == "c3" {
		idle = judgedAs(30, idleReason(), "回收", num(4), num(8), absentCell())
	}
	out["高负载的云主机（升配关注）"], out["闲置云主机"], out["使用效率偏低的云主机（信息系统判定的佐证）"] = load, idle, low
	out["交付后未部署的云主机"], out["持续关机的云主机"] = deployed, off
	return out
}

// systemFindings are what two rules say of a system.
func systemFindings(s figureParty, g *gauged, lowReason string) map[string]judgement {
	const load, low = "高负载的信息系统（升配关注）", "使用效率偏低的信息系统"
	if s.id == "S2" {
		return map[string]judgement{load: unjudged(tooFew, "—", short(g)), low: unjudged(tooFew, "—", short(g))}
	}
	below := passed(0, fmt.Sprintf("2026年9月 CPU P95 %s、内存 P95 %s、存储预计满额天数 —，未达高负载。", pct(g.cpu.p95()).text, pct(g.memory.p95()).text))
	if s.id == "S1" {
		return map[string]judgement{load: below, low: judgedAs(3, lowReason, "降配", num(4), num(8), num(80))}
	}
	exempted := judgement{verdict: "未判定偏低", state: "豁免", met: 3, exemptions: "灾备、备机", reason: lowReason}
	return map[string]judgement{load: below, low: exempted}
}

// annexes are annex 1, 4 and 7.
func (c *claims) annexes() {
	windows := map[string]string{
		"高负载的信息系统（升配关注）": "1 个月", "高负载的云主机（升配关注）": "1 个月", "交付后未部署的云主机": "1 个月", "闲置云主机": "30 日", "持续关机的云主机": "30 日",
		"使用效率偏低的信息系统": "3 个月", "使用效率偏低的云主机（信息系统判定的佐证）": "3 个月",
	}
	var rows, hosts [][]any
	add := func(rule, kind string, s figureParty, id string, j judgement, cpu, memory string, g *gauged) {
		proposal := j.proposal
		if proposal == nil {
			proposal = []any{"—", "—", "—", "—"}
		}
		either := func(text string) string {
			if text == "" {
				return "—"
			}
			return text
		}
		rows = append(rows, joined([]any{
			rule, kind, s.name, id, s.unit, j.verdict, j.state, num(j.met), windows[rule], cpu, memory, num(g.hosts), num(g.vcpu), num(g.memoryMiB / 1024),
		}, proposal, []any{pct(g.coverage()), either(j.exemptions), either(j.missing), j.reason}))
	}
	for _, s := range figureSystems() {
		g := c.of(time.September, s)
		for rule, j := range systemFindings(s, g, c.lowReason(s)) {
			cpu, memory := pct(g.cpu.p95()).text, pct(g.memory.p95()).text
			if rule == "使用效率偏低的信息系统" {
				cpu, memory = c.series(s, cpuP95), c.series(s, memoryP95)
			}
			add(rule, "信息系统", s, s.id, j, cpu, memory, g)
		}
	}
	all := fixtureHosts()
	for i := range all {
		h := &all[i]
		g, s := c.of(time.September, only(h.id)), systemOf(h)
		cpu, memory := "未提供", "未提供"
		if !h.silent {
			cpu, memory = pct(g.cpu.p95()).text, pct(g.memory.p95()).text
		}
		for rule, j := range findings(h, g) {
			add(rule, "云主机", s, h.id, j, cpu, memory, g)
		}
		hosts = append(hosts, hostRow(h, g, s))
	}
	c.rows("sheet", "annex_findings", "规则|对象|信息系统|编号|使用单位|结论|判定状态|连续成立|判定窗口|CPU P95（逐月）|内存 P95（逐月）|云主机（台）|vCPU（核）|内存（GiB）|拟议方案|可节约 vCPU（核）|可节约内存（GiB）|可节约云硬盘（GiB）|数据完整率|豁免核对|缺少的数据|说明", rows...)
	c.rows("sheet", "annex_hosts", "云主机|信息系统|系统编号|使用单位|期末在用|灾备、备机|vCPU（核）|内存（GiB）|云硬盘（GiB）|CPU 均值|CPU 均值（运行口径）|CPU P95|CPU P95（运行口径）|CPU P95（工作时段）|CPU 峰值（5分钟均值）|CPU 瞬时峰值（5秒）|内存均值|内存均值（运行口径）|内存 P95|内存 P95（运行口径）|内存峰值（5分钟均值）|存储利用率|存储日均增长（GiB）|预计满额（日）|网络均值（Mbps）|分配（小时）|实收（小时）|关机（小时）|数据完整率|判定状态", hosts...)
	c.rows("sheet", "annex_missing", "云主机|信息系统|使用单位|数据完整率|应收（小时）|实收（小时）|缺测（小时）|首次上报|最后上报",
		[]any{"b3", "审批平台", "省甲厅", pct(0.8), num(720), num(720 * 4 / 5), num(720 / 5), "2026年9月1日 00:00", "2026年10月1日 00:00"},
		[]any{"b4", "审批平台", "省甲厅", pct(0), num(21 * 24), num(0), num(21 * 24), "—", "—"})
}

// hostRow is a line of annex 1. No agent of the fixture tells the peaks of seconds.
func hostRow(h *fixtureHost, g *gauged, s figureParty) []any {
	disk := absentCell()
	if h.diskGiB > 0 {
		disk = num(h.diskGiB)
	}
	row := []any{h.id, s.name, s.id, s.unit, "是", "否", num(g.vcpu), num(g.memoryMiB / 1024), disk}
	if h.silent {
		for range 16 {
			row = append(row, absentCell())
		}
	} else {
		ratios := g.detailedRatios()
		row = joined(row, ratios[:6], []any{absentCell()}, ratios[6:])
		stored, perDay, full := absentCell(), absentCell(), absentCell()
		if v, known := g.stored(); known {
			stored = pct(v)
			grown, days, grows := growth(h)
			perDay, full = fixed2(grown), noneCell()
			if grows {
				full = num(days)
			}
		}
		row = append(row, stored, perDay, full, fixed2(g.networkMean))
	}
	state := "—"
	if h.id == "c3" {
		state = "判定"
	}
	return append(row, num(round(g.hoursAllocated)), num(round(g.hoursSeen)), num(round(g.hoursOff)), pct(g.coverage()), state)
}

// round takes the noise of sums of twelfths away.
func round(v float64) float64 { return float64(int(v*1000+0.5)) / 1000 }

// rules are the table of rules and that of their parameters, read from the files anew.
func (c *claims) rules(section string, ids ...string) {
	units := map[string]string{"ratio": "—", "days": "日", "months": "个月", "bytes": "字节", "count": "—"}
	order := []string{"high-load", "low-utilization", "high-load-host", "idle-host", "low-utilization-host", "never-deployed-host", "powered-off-host", "unattached-volume"}
	if ids != nil {
		order = ids
	}
	type rule struct {
		ID         string `yaml:"id"`
		Title      string `yaml:"title"`
		Basis      string `yaml:"basis"`
		Parameters map[string]struct {
			Value float64 `yaml:"value"`
			Unit  string  `yaml:"unit"`
			Title string  `yaml:"title"`
		} `yaml:"parameters"`
	}
	found := map[string]rule{}
	for _, name := range []string{"high-load", "low-utilization", "reclaim"} {
		text, err := os.ReadFile(filepath.Join("..", "rules", "pack", name+".yaml"))
		if err != nil {
			c.t.Fatal(err)
		}
		var file struct {
			Rules []rule `yaml:"rules"`
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			c.t.Fatal(err)
		}
		for _, r := range file.Rules {
			found[r.ID] = r
		}
	}
	var rows, parameters [][]any
	for _, id := range order {
		r := found[id]
		rows = append(rows, []any{r.Title, id, num(1), "2017年8月1日"})
		for name, p := range r.Parameters {
			value := num(p.Value)
			if p.Unit == "ratio" {
				value = pct(p.Value)
			}
			parameters = append(parameters, []any{id, name, p.Title, value, units[p.Unit]})
		}
	}
	if section != "sheet" {
		c.rows(section, "rules", "名称|规则编号|版本|生效日期", rows...)
	}
	c.rows(section, "parameters", "规则编号|参数|名称|内容|计量单位", parameters...)
}
