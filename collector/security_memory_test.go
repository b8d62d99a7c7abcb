package collector

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// The fleet whose reports are measured: 300,000 logs.
const (
	measuredHosts = 20_000
	logsOfHost    = 15
)

// measuredLog is a verdict as one that was just read: no text is shared with another.
func measuredLog(host, k int) report.Log {
	on := calendar.Date{Year: 2026, Month: time.September, Day: 30}
	days := 200.5
	l := report.Log{
		Unit: fmt.Sprintf("N-%04d", host%150), System: fmt.Sprintf("S-%05d", host/4), Host: fmt.Sprintf("host-%06d", host),
		Class: fmt.Sprint("class-", k), ClassTitle: fmt.Sprint("操作系统登录认证", k), Category: fmt.Sprint("category-", k%6), CategoryTitle: fmt.Sprint("操作系统登录、操作审计", k%6), Order: k % 6,
		Stream: fmt.Sprint("stream-", k), Path: fmt.Sprintf("/var/log/application-%02d/audit.log", k), Party: strings.Clone("unit"), Mandatory: k%10 != 9,
		Verdict: strings.Clone("compliant"), Status: strings.Clone("compliant"), JudgedOn: on, RequiredFrom: on.AddMonths(-6), Obligation: on.AddMonths(-6), Earliest: on.AddDays(-190 - host%30),
		ProjectedDays: &days, AttestedDays: 30 + host%150, WindowDays: 183, Reason: fmt.Sprintf("自%d日前起连续，现行策略可保存%d日，达到6个月的保存期。", 190+host%30, 200), Remedy: fmt.Sprint("无需处理，请保持现行策略", k%3),
	}
	switch n := (host*logsOfHost + k) % 100; {
	case n < 5:
		l.Verdict, l.Status, l.Reasons = "violated", "non_compliant", []string{"gap", "short_coverage"}
		l.Gaps = []report.Gap{{From: on.AddDays(-100), To: on.AddDays(-90 - host%9)}}
		l.Reason = fmt.Sprintf("缺少%d日的记录，最早记录晚于应有起点，详见缺口明细。主机 %d", 10+host%9, host)
		l.Policy = fmt.Sprintf("logrotate: weekly, rotate %d (/etc/logrotate.d/rsyslog:3)", host%12)
		l.FirstFound = on
	case n < 8:
		l.Verdict, l.Status = "not_yet_accountable", "accumulating"
	case n < 10:
		l.Verdict, l.Status, l.Reason = "unknown", "undetermined", fmt.Sprintf("采集器自%d日前起未上报。", host%40)
	}
	return l
}

// peak samples the size of the heap until it is stopped, and returns the largest in MiB.
func peak() (stop func() float64) {
	var largest atomic.Uint64
	quit, done := make(chan struct{}), make(chan struct{})
	sample := []runtimemetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	look := func() {
		runtimemetrics.Read(sample)
		largest.Store(max(largest.Load(), sample[0].Value.Uint64()))
	}
	go func() {
		defer close(done)
		for ticker := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-ticker.C:
				look()
			case <-quit:
				ticker.Stop()
				return
			}
		}
	}()
	return func() float64 {
		close(quit)
		<-done
		look()
		return float64(largest.Load()) / (1 << 20)
	}
}

func live() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkSecurityLogs makes the operation report of a provider with 300,000 logs, keeps it
// for the ledger and prints its workbook. live-* are what is in use after each step, peak is
// the largest heap with garbage, all in MiB.
func BenchmarkSecurityLogs(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // as the command report does
	for b.Loop() {
		before := live()
		stop := peak()
		in := report.SecurityInput{
			Kind: report.KindOperation, Period: calendar.Month{Year: 2026, Month: time.September}, Through: time.Date(2026, 10, 1, 0, 0, 0, 0, Zone()), JudgedAt: time.Date(2026, 10, 3, 0, 0, 0, 0, Zone()),
			Version: 1, Provider: report.Party{ID: "p", Name: "P"},
		}
		in.Logs = measuredLogs()
		b.ReportMetric(live()-before, "live-input-MiB")
		m, err := report.BuildSecurity(in)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(live()-before, "live-figures-MiB")
		d, err := report.ComposeSecurity(m)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(live()-before, "live-document-MiB")
		text, err := keptReport{d, m.Edition()}.encode()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(text))/(1<<20), "kept-MiB")
		b.ReportMetric(stop(), "peak-to-kept-MiB")
		runtime.KeepAlive(in)
		stop = peak()
		book, err := xlsx.Render(d, "2026-10-03T00:00:00Z")
		if err != nil || !bytes.HasPrefix(book, []byte("PK")) {
			b.Fatal(err)
		}
		b.ReportMetric(stop(), "peak-workbook-MiB")
		b.ReportMetric(float64(len(book))/(1<<20), "workbook-MiB")
		runtime.KeepAlive(in)
	}
}

// measuredLogs are the verdicts of the fleet as they are read.
func measuredLogs() (in report.LogInput) {
	in.Logs = &report.LogList{}
	for host := range measuredHosts {
		for k := range logsOfHost {
			in.Logs.Add(measuredLog(host, k))
		}
	}
	return in
}
