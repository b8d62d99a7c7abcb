package collector_test

import (
	"fmt"
	"testing"
	"time"
)

// predicted are what the model said of a host: its own tests hold it, here it is read from the
// table to which the run of judging wrote it.
type predicted struct {
	cpu, memory *float64
	restart     *int64
}

func (f *figured) predicted(t *testing.T) map[string]predicted {
	t.Helper()
	out := map[string]predicted{}
	err := f.db.Each(t.Context(), "SELECT host_id, cpu_risk, memory_risk, JSONExtract(recommendation, 'restart_hour', 'Nullable(Int64)') FROM recommendations WHERE run = {run:UInt64}",
		map[string]any{"run": f.run.Run}, func(scan func(...any) error) error {
			var host string
			var p predicted
			err := scan(&host, &p.cpu, &p.memory, &p.restart)
			out[host] = p
			return err
		})
	if err != nil || out["a3"].cpu == nil || out["a3"].memory == nil || out["a3"].restart == nil {
		t.Fatalf("what was predicted: %+v, %v", out, err)
	}
	return out
}

// proposed is a host of C3: what it has, what is proposed, and what became of it.
type proposedHost struct {
	id, action               string
	vcpu, gib, disk          float64
	newVCPU, newGiB, newDisk float64
	yuan                     cellWant
	rollback                 string
}

// proposals are those of a unit. 40 of 100 GiB are used; with 30 % in reserve 57.1 are needed,
// which is rounded up to 60. A flavour of half the size costs 400 instead of 800 yuan.
func proposedHosts(unit string) []proposedHost {
	const kept = "原规格保留至复核结束（实施满1 个月）"
	if unit == "N-0002" {
		return []proposedHost{{id: "c3", action: "回收", vcpu: 4, gib: 8, yuan: fixed2(400), rollback: "数据备份保留至复核结束"}}
	}
	return []proposedHost{
		{id: "a1", action: "存储缩减", vcpu: 4, gib: 8, disk: 100, newVCPU: 4, newGiB: 8, newDisk: 60, yuan: absentCell(), rollback: kept},
		{id: "a2", action: "存储缩减", vcpu: 4, gib: 8, disk: 100, newVCPU: 4, newGiB: 8, newDisk: 60, yuan: absentCell(), rollback: kept},
		{id: "a3", action: "降配", vcpu: 8, gib: 16, disk: 100, newVCPU: 4, newGiB: 8, newDisk: 100, yuan: fixed2(800 - 400), rollback: "2026年12月31日"},
	}
}

// demand is what a host used from July to September: cores and GiB, slot by slot.
type demand struct {
	cpu, memory       []float64
	cpuMax, memoryMax time.Time
}

func demandOf(id string) (d demand) {
	for _, h := range fixtureHosts() {
		if h.id != id {
			continue
		}
		topCPU, topMemory := -1.0, -1.0
		for _, month := range []time.Month{time.July, time.August, time.September} {
			for b := range fixtureMonth().Add(int(month-time.September)).Days() * bucketsADay {
				c, m := h.used(month, b)
				cores, gib := float64(c)/1000, float64(m)/1024
				if cores > topCPU {
					topCPU, d.cpuMax = cores, slotTime(month, b)
				}
				if gib > topMemory {
					topMemory, d.memoryMax = gib, slotTime(month, b)
				}
				d.cpu, d.memory = append(d.cpu, cores), append(d.memory, gib)
			}
		}
	}
	return d
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// noticeClaims are the figures of C for a unit.
func noticeClaims(t *testing.T, d *definitions, f *figured, p figureParty) *claims {
	t.Helper()
	c := expectations("C "+p.id, d)
	s := figureSystems()[0]
	if p.id == "N-0002" {
		s = figureSystems()[2]
	}
	c.noticeHead(p, s)
	c.evidence(s)
	c.proposed(p, s, f.predicted(t))
	c.forms(p, s)
	c.limits()
	if p.id == "N-0002" {
		c.rules("sheet", "low-utilization", "idle-host")
	} else {
		c.rules("sheet", "low-utilization")
	}
	return c
}

// noticeHead is the cover and C1.
func (c *claims) noticeHead(p, s figureParty) {
	hosts := proposedHosts(p.id)
	c.pair("使用单位", p.name+" ("+p.id+")")
	c.pair("通报编号", map[string]string{"N-0001": "T-1", "N-0002": "T-2"}[p.id])
	c.pair("统计期", "2026年7月至2026年9月")
	c.pair("生成依据时间（判定时间）", "2026年10月3日 09:00")
	c.pair("办理情况截至", map[string]string{"N-0001": "2026年11月30日", "N-0002": "2026年10月26日"}[p.id])
	criteria := [][]any{{"使用效率偏低的信息系统", "low-utilization v1", "3 个月", "数据完整率下限 90.0%、完整率达标主机核数占比下限 90.0%、CPU P95 上限 20.0%、割接上线保护期 3 个月、内存 P95 上限 40.0%"}}
	state, actions, sum, yuan := "已复核", "降配 1 台、存储缩减 2 台", "云硬盘 80 GiB", "未提供" // no price of disks
	cores, gib, freedDisk := 16.0, 32.0, num(80)
	if p.id == "N-0002" {
		criteria = append(criteria, []any{"闲置云主机", "idle-host v1", "30 日", "数据完整率下限 90.0%、CPU P95 上限 5.0%、割接上线保护期 3 个月、内存 P95 上限 20.0%、网络日流量上限 5.0 MB"})
		state, actions, sum, yuan, cores, gib, freedDisk = "已实施", "回收 1 台", "云硬盘 未提供", "每月 400.00 元", 4, 8, absentCell()
	}
	c.rows("C1", "criteria", "规则|版本|判定窗口|条件与数值", criteria...)
	freedCores, freedGiB := 0.0, 0.0
	for _, h := range hosts {
		freedCores, freedGiB = freedCores+h.vcpu-h.newVCPU, freedGiB+h.gib-h.newGiB
	}
	c.rows("C1", "noticed", "信息系统|CPU P95（逐月）|内存 P95（逐月）|云主机（台）|未挂载云硬盘（块）|可节约 vCPU（核）|可节约内存（GiB）|可节约云硬盘（GiB）|办理状态",
		[]any{s.name, c.series(s, cpuP95), c.series(s, memoryP95), num(len(hosts)), num(0), num(freedCores), num(freedGiB), freedDisk, state})
	c.text("C1", 2, "统计期为 2026年7月至2026年9月，数据经 2026年10月3日 09:00 判定。利用率为分配口径（已分配即计，已知关机按 0 计，缺测不计也不补零）；百分位由 5 分钟序列取最近秩。办法未规定阈值，以下为规则文件所定，全文见口径说明。")
	c.text("C1", 3, fmt.Sprintf("%s有信息系统 1 个列入本次通报，涉及云主机 %d 台，云主机现配 vCPU %v 核、内存 %v GiB。", p.name, len(hosts), cores, gib))
	c.text("C1", 4, fmt.Sprintf("拟议 %s；预计可节约（F11）vCPU %v 核、内存 %v GiB、%s，金额%s。逐项见附表2。本建议由监测数据计算生成，须经专家、使用单位评审后实施（第二十三条），不作为直接调整依据。", actions, freedCores, freedGiB, sum, yuan))
	// Ten working days after Thursday, 8 October: the 9th, the 10th (a Saturday that is worked),
	// the 12th to the 16th, and the 19th to the 21st.
	c.text("C1", 5, "通报日 2026年10月8日，请于 2026年10月21日 前（自通报之日起 10 个工作日）按附表3逐项反馈。该期限为设定值（第二十三条（条文未规定期限，默认草案）），到期仅提醒，不自动处置资源。")
}

// slow is a rate of the network, which is not printed as 0 while there is some.
func slow(v float64) cellWant {
	w := fixed2(v)
	if v > 0 && v < 0.005 {
		w.text = "<0.01"
	}
	return w
}

// evidence is C2: three months of four resources, the hosts, and the days.
func (c *claims) evidence(s figureParty) {
	var rows, sheet, hosts, daily [][]any
	for _, month := range []time.Month{time.July, time.August, time.September} {
		g := c.of(month, s)
		for _, r := range []struct {
			name       string
			all, works gauge
			cell       func(float64) cellWant
		}{
			{"CPU", g.cpu, g.cpuWorks, pct},
			{"内存", g.memory, g.memoryWorks, pct},
			{"存储", g.storage, g.storageWorks, pct},
			{"网络（Mbps）", g.network, g.networkWorks, func(v float64) cellWant { return slow(v * 8 / 1e6) }},
		} {
			top, slot := r.all.peak()
			row := []any{
				fmt.Sprintf("2026年%d月", month), r.name, r.cell(r.all.mean()), r.cell(r.all.p95()), r.cell(top), slotTime(month, slot).Format("2006-01-02 15:04"),
				r.cell(r.works.mean()), r.cell(r.works.p95()), pct(g.coverage()),
			}
			rows, sheet = append(rows, row), append(sheet, joined([]any{s.name}, row))
		}
		for day := range g.days {
			date := fmt.Sprintf("2026-%02d-%02d", month, day+1)
			cpu, memory := pct(g.days[day].p95()), pct(g.memoryDays[day].p95())
			daily = append(daily, []any{s.name, date, cpu, memory})
			c.add("C2", "spark", s.name+" CPU 逐日 P95 "+date, "", cpu)
			c.add("C2", "spark", s.name+" 内存逐日 P95 "+date, "", memory)
		}
	}
	const heads = "月份|指标|均值|P95|峰值|峰值时间|工作时段均值|工作时段 P95|数据完整率"
	c.rows("C2", "evidence", heads, rows...)
	c.rows("sheet", "annex_evidence", "信息系统|"+heads, sheet...)
	c.rows("sheet", "annex_daily", "信息系统|日期|CPU P95|内存 P95", daily...)
	c.add("C2", "spark", s.name+" CPU 逐日 P95", "note", cellWant{text: "2026-07-01至2026-09-30，末值在右；虚线为判定上限 20.0%。"})
	c.add("C2", "spark", s.name+" 内存逐日 P95", "note", cellWant{text: "2026-07-01至2026-09-30，末值在右；虚线为判定上限 40.0%。"})
	for _, h := range fixtureHosts() {
		if h.system != s.id {
			continue
		}
		g := c.of(time.September, only(h.id))
		stored := absentCell()
		if v, known := g.stored(); known {
			stored = pct(v)
		}
		top, _ := g.cpu.peak()
		hosts = append(hosts, []any{
			h.id, sizeText(float64(g.vcpu), float64(g.memoryMiB)/1024, float64(h.diskGiB)), pct(g.cpu.mean()), pct(g.cpu.p95()), pct(top),
			pct(g.memory.mean()), pct(g.memory.p95()), stored, slow(g.networkMean), pct(g.coverage()),
		})
	}
	c.rows("C2", "evidence_hosts", "云主机|规格|CPU 均值|CPU P95|峰值|内存均值|内存 P95|存储利用率|网络均值（Mbps）|数据完整率", hosts...)
	reason := c.lowReason(s)
	if s.id == "S3" {
		reason += "c3: " + idleReason()
	}
	c.text("C2", 2, "判定说明："+reason)
}

// spaced is a percentage as explanations print it.
func spaced(v float64) string { return decimal(100*v, 1) + " %" }

// proposed is C3: F11 and what the targets rest on.
func (c *claims) proposed(p, s figureParty, model map[string]predicted) {
	var sizes, risks, reasons, sheet [][]any
	weekdays := []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}
	for _, h := range proposedHosts(p.id) {
		d := demandOf(h.id)
		gone := h.newVCPU == 0
		cut := func(before, after float64) cellWant { return delta((after - before) / before) }
		peak := func(values []float64, at time.Time) cellWant {
			return fixed2(rank(values, 100)).with(at.Format("01-02 15:04"))
		}
		used := []any{
			fixed2(rank(d.cpu, 95)), fixed2(rank(d.cpu, 99)), peak(d.cpu, d.cpuMax), fixed2(rank(d.memory, 95)), fixed2(rank(d.memory, 99)), peak(d.memory, d.memoryMax),
		}
		target, afterCPU, afterMemory := "—", noneCell(), noneCell()
		if !gone {
			target = sizeText(h.newVCPU, h.newGiB, h.newDisk)
			afterCPU, afterMemory = pct(rank(d.cpu, 95)/h.newVCPU), pct(rank(d.memory, 95)/h.newGiB)
		}
		sizes = append(sizes, joined([]any{h.id, s.name, h.action, sizeText(h.vcpu, h.gib, h.disk)}, used,
			[]any{target, cut(h.vcpu, h.newVCPU), cut(h.gib, h.newGiB), afterCPU, afterMemory}))
		risk, level, cpuRisk, memoryRisk, restart, window := cellWant{text: "未提供"}, "未提供", absentCell(), absentCell(), "否", "—"
		if m := model[h.id]; h.action == "降配" {
			level = "低"
			switch most := max(*m.cpu, *m.memory); { // 5 and 15 % divide the levels
			case most >= 0.15:
				level = "高"
			case most >= 0.05:
				level = "中"
			}
			cpuRisk, memoryRisk = pct(*m.cpu), pct(*m.memory)
			risk = cellWant{text: level}.with("CPU " + cpuRisk.text + "，内存 " + memoryRisk.text)
			restart, window = "是", fmt.Sprintf("%s %02d:00–%02d:00", weekdays[*m.restart/24], *m.restart%24, (*m.restart%24+2)%24)
		}
		freed := sizeText(h.vcpu-h.newVCPU, h.gib-h.newGiB, h.disk-h.newDisk)
		risks = append(risks, []any{h.id, s.name, h.action, risk, "高", restart, window, freed, h.yuan, h.rollback})
		reason := explained(h, d, model[h.id], window)
		reasons = append(reasons, []any{h.id, reason})
		disk, newVCPU, newGiB, newDisk, diskCut, freedDisk := num(h.disk), num(h.newVCPU), num(h.newGiB), num(h.newDisk), cut(max(h.disk, 1), h.newDisk), num(h.disk-h.newDisk)
		if gone { // the disk of c3 is not registered
			disk, newVCPU, newGiB, newDisk, diskCut, freedDisk = cellWant{text: "未提供"}, noneCell(), noneCell(), noneCell(), absentCell(), absentCell()
		}
		sheet = append(sheet, joined([]any{h.id, s.name, h.action, num(h.vcpu), num(h.gib), disk}, used, []any{
			newVCPU, newGiB, newDisk, cut(h.vcpu, h.newVCPU), cut(h.gib, h.newGiB), diskCut, afterCPU, afterMemory, level, cpuRisk, memoryRisk, "高", restart, window,
			num(h.vcpu - h.newVCPU), num(h.gib - h.newGiB), freedDisk, h.yuan, h.rollback, reason,
		}))
	}
	c.rows("C3", "proposed", "云主机|信息系统|拟议动作|现配|CPU P95|CPU P99|CPU 峰值|内存 P95|内存 P99|内存峰值|目标规格|vCPU 变化|内存变化|变更后 CPU P95|变更后内存 P95", sizes...)
	c.rows("C3", "proposed_risk", "云主机|信息系统|拟议动作|风险|置信度|需重启|建议时段|可节约量|可节约金额（元/月）|回退", risks...)
	c.rows("C3", "proposed_reasons", "云主机|说明", reasons...)
	c.rows("sheet", "annex_proposed", "云主机|信息系统|拟议动作|vCPU（核）|内存（GiB）|云硬盘（GiB）|CPU P95（核）|CPU P99（核）|CPU 峰值（核）|内存 P95（GiB）|内存 P99（GiB）|内存峰值（GiB）|"+
		"目标 vCPU（核）|目标内存（GiB）|目标云硬盘（GiB）|vCPU 变化|内存变化|云硬盘变化|变更后 CPU P95|变更后内存 P95|风险|CPU 风险概率|内存风险概率|置信度|需重启|建议时段|"+
		"可节约 vCPU（核）|可节约内存（GiB）|可节约云硬盘（GiB）|可节约金额（元/月）|回退|说明", sheet...)
	c.text("C3", 1, "目标规格取规则文件指定的策略（风险模型，限值第 1 版，自 2017年8月1日 起生效）。预计次月超出目标规格的概率（CPU 与内存取高者）低于 5.0% 为低风险，达到 15.0% 为高风险；回收、合并、存储缩减不作规格风险预测，风险列“未提供”；未挂载云硬盘无用量与风险，列“—”。存储缩减通常需要迁移数据。")
}

// explained is the explanation of a proposal.
func explained(h proposedHost, d demand, m predicted, window string) string {
	at := func(x time.Time) string { return x.Format("2006-01-02 15:04") }
	p95, memory := rank(d.cpu, 95), rank(d.memory, 95)
	text := fmt.Sprintf("2026-07-01 至 2026-09-30 数据完整率 100.0 %%。CPU 均值 %.2f 核，P95 %.2f 核（现配的 %s），P99 %.2f 核，最高 %.2f 核（%s）；内存 P95 %.2f GiB（%s），P99 %.2f GiB，最高 %.2f GiB（%s）。",
		mean(d.cpu), p95, spaced(p95/h.vcpu), rank(d.cpu, 99), rank(d.cpu, 100), at(d.cpuMax), memory, spaced(memory/h.gib), rank(d.memory, 99), rank(d.memory, 100), at(d.memoryMax))
	switch h.action {
	case "存储缩减":
		return text + fmt.Sprintf("建议云硬盘由 %v GiB 缩减为 %v GiB（已用 40 GiB，已按增长预留）；缩减存储通常需要迁移数据。可节约 0 核、0 GiB 内存、%v GiB 存储（服务目录未提供单价，金额未提供）。置信度：高。下列情况会改变结论：用量持续下降、历史更完整，或服务目录增加更小的规格。", h.disk, h.newDisk, h.disk-h.newDisk)
	case "回收":
		reason := idleReason()
		return text + fmt.Sprintf("建议回收 %v 核 %v GiB：%s。回收前须备份数据并移交日志。可节约 %v 核、%v GiB 内存，存储未提供，每月 400.00 元。置信度：高。如使用单位说明用途并获批准豁免，结论会改变。", h.vcpu, h.gib, reason[:len(reason)-len("。")], h.vcpu, h.gib)
	}
	return text + fmt.Sprintf("建议由 %v 核 %v GiB 降为 %v 核 %v GiB。预计次月 CPU 用量超过目标规格的时段多于 1 %% 的概率为 %s，内存有任一时段超过的概率为 %s；降配后 CPU P95 约为 %s，内存 P95 约为 %s。可节约 %v 核、%v GiB 内存、0 GiB 存储，每月 400.00 元。需要重启，建议时段 %s。置信度：高。下列情况会改变结论：一个月内超过 %v 核的时段达到 1 %%，内存超过 %v GiB，或确认有未观测到的周期性高峰。",
		h.vcpu, h.gib, h.newVCPU, h.newGiB, spaced(*m.cpu), spaced(*m.memory), spaced(p95/h.newVCPU), spaced(memory/h.newGiB), h.vcpu-h.newVCPU, h.gib-h.newGiB, window, h.newVCPU, h.newGiB)
}

// forms are C4 to C7 as far as they are filled in.
func (c *claims) forms(p, s figureParty) {
	c.text("C6", 1, "审批通过后 3 个工作日内完成（第二十二条）。变更前的规格建议保留至复核结束；任何一步均不自动改动资源。")
	c.text("C6", 2, "回收的云主机，清除数据前须完成数据备份与日志移交，移交的日志不少于 6 个月（第二十四条、第三十一条），并出具数据清除证明；回收的云硬盘须完成数据备份并出具数据清除证明，存有日志的按同样要求移交。")
	c.text("C7", 1, "实施满 1 个月后复核。实施后 CPU P95 高于 80.0% 为反弹（F12）；结果计入下期月报表A4-4 与年度考核得分。")
	const (
		replies   = "云主机|信息系统|拟议方案|意见|可接受的规格|理由|佐证|拟实施时间"
		decisions = "云主机|拟议方案|单位反馈|意见|决定|最终规格|实施期限|条件|豁免至"
		changes   = "云主机|信息系统|决定|审批日|应办日|完成日|变更前|变更后|操作人|原规格保留至"
		measures  = "云主机|信息系统|变更前|变更后|实施日|复核到期日|新 CPU P95|新内存 P95|数据完整率|告警（次）|反弹"
		realised  = "信息系统|实施日|指标|评审核减|实施减少|兑现率（F12）|反弹"
		now       = "4 核 8 GiB 云硬盘 100 GiB"
		shrunk    = "4 核 8 GiB 云硬盘 80 GiB" // as decided
		halfway   = "4 核 8 GiB 云硬盘 90 GiB" // as done
		before    = "8 核 16 GiB 云硬盘 100 GiB"
	)
	filled := func(id string, rows ...[]any) { c.rows("C5", id, "项目|内容", rows...) }
	if p.id == "N-0002" {
		for _, table := range [][2]string{{"C4", "reply"}, {"sheet", "annex_reply"}} {
			c.rows(table[0], table[1], replies, []any{"c3", s.name, "回收", "同意", "—", "—", "未提供", "—"})
		}
		filled("review_head", []any{"评审日期", "2026-10-23"})
		c.rows("C5", "review_items", decisions, []any{"c3", "回收", "同意", "", "同意回收", "—", "—", "", "—"})
		filled("review_end", []any{"通过项数", "1 / 1"}, []any{"核减量", "4 核 8 GiB"}, []any{"审批编号", "A-2"})
		// Three working days after Friday the 23rd.
		c.rows("C6", "implement", changes, []any{"c3", s.name, "同意回收", "2026-10-23", "2026-10-28", "2026-10-26", "4 核 8 GiB", "—", "", ""})
		c.rows("C6", "reclaim", "云主机|信息系统|数据备份确认|日志移交起|日志移交止|日志移交确认|数据清除证明", []any{"c3", s.name, "B-1", "2026-04-20", "2026-10-25", "L-1", "W-1"})
		c.rows("C7", "verify", measures, []any{"c3", s.name, "4 核 8 GiB", "—", "2026-10-26", "2026-11-26", "—", "—", "—", "—", "—"})
		c.rows("C7", "realised", realised, []any{s.name, "2026-10-26", "vCPU（核）", num(4), num(4), pct(1), "未提供"},
			[]any{s.name, "2026-10-26", "内存（GiB）", num(8), num(8), pct(1), "未提供"}, []any{s.name, "2026-10-26", "云硬盘（GiB）", absentCell(), absentCell(), absentCell(), "未提供"})
		return
	}
	for _, table := range [][2]string{{"C4", "reply"}, {"sheet", "annex_reply"}} {
		c.rows(table[0], table[1], replies,
			[]any{"a1", s.name, "存储缩减 4 核 8 GiB 云硬盘 60 GiB", "部分同意", shrunk, "—", "E-1", "2026-10-25"},
			[]any{"a2", s.name, "存储缩减 4 核 8 GiB 云硬盘 60 GiB", "不同意", "—", "业务高峰", "E-2", "—"},
			[]any{"a3", s.name, "降配 " + now, "同意", "—", "—", "未提供", "2026-10-24"})
	}
	filled("review_head", []any{"评审编号", "R-1"}, []any{"评审日期", "2026-10-20"})
	c.rows("C5", "review_items", decisions,
		[]any{"a1", "存储缩减 4 核 8 GiB 云硬盘 60 GiB", "部分同意", "", "调整后实施", shrunk, "2026-10-30", "", "—"},
		[]any{"a2", "存储缩减 4 核 8 GiB 云硬盘 60 GiB", "不同意", "", "维持", now, "—", "", "2027-03-31"},
		[]any{"a3", "降配 " + now, "同意", "", "同意降配", now, "—", "", "—"})
	filled("review_end", []any{"通过项数", "2 / 3"}, []any{"核减量", "4 核 8 GiB 云硬盘 20 GiB"}, []any{"审批编号", "A-1"})
	// Three working days after Tuesday the 20th.
	c.rows("C6", "implement", changes,
		[]any{"a1", s.name, "调整后实施", "2026-10-20", "2026-10-23", "2026-10-26", now, halfway, "孙某", ""},
		[]any{"a3", s.name, "同意降配", "2026-10-20", "2026-10-23", "2026-10-26", before, now, "孙某", "2026-12-31"})
	var verified [][]any
	for host, sizes := range map[string][2]string{"a1": {now, halfway}, "a3": {before, now}} {
		var cpu, memory []float64
		for slot := range 31 * bucketsADay {
			if host == "a1" && slot%20 == 7 {
				continue
			}
			used := after(host, slot)
			cpu, memory = append(cpu, float64(used.cpu)/4000), append(memory, float64(used.memory)/8192)
		}
		rebound := "否"
		if rank(cpu, 95) > 0.8 {
			rebound = "是"
		}
		verified = append(verified, []any{
			host, s.name, sizes[0], sizes[1], "2026-10-26", "2026-11-26", pct(rank(cpu, 95)), pct(rank(memory, 95)), pct(float64(len(cpu)) / (31 * bucketsADay)), num(0), rebound,
		})
	}
	c.rows("C7", "verify", measures, verified...)
	// F12: a3 gives back 4 cores and 8 GiB as was approved, a1 10 of 20 GiB of disk.
	c.rows("C7", "realised", realised, []any{s.name, "2026-10-26", "vCPU（核）", num(4), num(4), pct(1), "是"},
		[]any{s.name, "2026-10-26", "内存（GiB）", num(8), num(8), pct(1), "是"}, []any{s.name, "2026-10-26", "云硬盘（GiB）", num(20), num(10), pct(10 / 20.0), "是"})
}

// limits are the durations and limits of the workflow, as it was drafted (reports.md C, 0.3).
func (c *claims) limits() {
	c.rows("sheet", "limits", "项目|内容",
		[]any{"反馈期限", "10 个工作日"}, []any{"实施期限", "3 个工作日"}, []any{"恢复期限", "3 个工作日"}, []any{"复核期", "1 个月"}, []any{"反弹限值（CPU P95）", "80.0%"},
		[]any{"日志移交月数", "6"}, []any{"中风险起", "5.0%"}, []any{"高风险起", "15.0%"}, []any{"一次降幅上限", "50.0%"})
}

// officeClaims are the figures of C8. As of Monday, 30 November, the verification of S3 is two
// working days late, and that of S1 was.
func officeClaims(d *definitions) *claims {
	c := expectations("C", d)
	c.pair("统计期", "2026年7月至2026年9月")
	c.pair("生成依据时间（判定时间）", "2026年10月3日 09:00")
	c.pair("办理情况截至", "2026年11月30日")
	// Three items of the first unit: one agreed, one partly, one not; two of three passed.
	c.rows("C8", "summary_units", "使用单位|单位代码|系统（个）|已通报（个）|反馈率|同意率|部分同意（项）|不同意（项）|评审通过率|实施率|评审核减 vCPU（核）|评审核减内存（GiB）|已实施 vCPU（核）|已实施内存（GiB）|节约额（元/月）|超期（个）",
		[]any{"省甲厅", "N-0001", num(1), num(1), pct(1), pct(1 / 3.0), num(1), num(1), pct(2 / 3.0), pct(1), num(4), num(8), num(4), num(8), absentCell(), num(0)},
		[]any{hostileUnit, "N-0002", num(1), num(1), pct(1), pct(1), num(0), num(0), pct(1), pct(1), num(4), num(8), num(4), num(8), fixed2(400), num(1)},
		[]any{"合计", "—", num(2), num(2), pct(1), pct(2 / 4.0), num(1), num(1), pct(3 / 4.0), pct(1), num(8), num(16), num(8), num(16), absentCell(), num(1)})
	late := func(day string, days int) cellWant {
		return cellWant{text: day}.with(fmt.Sprintf("（超期 %d 个工作日）", days))
	}
	c.rows("C8", "ledger", "信息系统|使用单位|月份|办理状态|通报日|反馈期限|反馈日|评审日|审批日|实施期限|实施日|复核到期日|复核日|下一环节（办理方）|现超期（工作日）",
		[]any{"公文系统", "省甲厅", "2026-09", "已复核", "2026-10-08", "2026-10-21", "2026-10-14", "2026-10-20", "2026-10-20", late("2026-10-23", 1), "2026-10-26", late("2026-11-26", 2), "2026-11-30", "办结 (云监管平台服务商、领导小组办公室)", num(0)},
		[]any{hostileSystem, hostileUnit, "2026-09", "已实施", "2026-10-08", late("2026-10-21", 1), "2026-10-22", "2026-10-23", "2026-10-23", "2026-10-28", "2026-10-26", late("2026-11-26", 2), "—", "复核 (云监管平台服务商、领导小组办公室)", num(2)})
	c.rows("C8", "overdue", "信息系统|使用单位|月份|环节|应办日|现超期（工作日）", []any{hostileSystem, hostileUnit, "2026-09", "复核", "2026-11-26", num(2)})
	c.text("C8", 1, "2026年9月共对 2 个使用单位的 2 个信息系统提出低利用率事项，已通报 2 个，反馈率 100.0%；逐项同意率 50.0%，评审通过率 75.0%，实施率 100.0%；评审核减 vCPU 8 核、内存 16 GiB、云硬盘 未提供，已实施 vCPU 8 核、内存 16 GiB、云硬盘 未提供，节约额未提供；超期事项 1 个。办理情况截至 2026年11月30日。")
	c.limits()
	c.rules("sheet", "low-utilization", "idle-host")
	return c
}
