package collector_test

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	renderhtml "github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before you accept them")

func quiet(string) {}

// judged stores the fixture and judges September as of now.
func judged(t *testing.T, now time.Time) (*store.Store, rules.Pack) {
	t.Helper()
	s := fixtureStore(t, now)
	pack, err := rules.DefaultPack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := collector.Judge(t.Context(), &collector.Database{Store: s}, pack, collector.LogRules{}, fixtureMonth(), now, "test", quiet); err != nil {
		t.Fatal(err)
	}
	return s, pack
}

func afterClose() time.Time { return time.Date(2026, time.October, 3, 9, 0, 0, 0, store.Zone()) }

func render(t *testing.T, m report.Month) (page, book []byte) {
	t.Helper()
	d, err := report.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	if page, err = renderhtml.Render(d); err != nil {
		t.Fatal(err)
	}
	if book, err = xlsx.Render(d, m.JudgedAt.UTC().Format(time.RFC3339)); err != nil {
		t.Fatal(err)
	}
	return page, book
}

func TestReport(t *testing.T) {
	s, pack := judged(t, afterClose())
	m, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth(), fixtureProvider, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("figures", func(t *testing.T) { checkFigures(t, &m) })
	t.Run("curve", func(t *testing.T) { checkCurve(t, &m) })
	t.Run("by hand", func(t *testing.T) { checkByHand(t, &m) })
	page, book := render(t, m)
	t.Run("capacity", func(t *testing.T) { checkCapacity(t, &m) })
	t.Run("settlement", func(t *testing.T) { checkSettlement(t, &m) })
	t.Run("page", func(t *testing.T) { checkPage(t, page) })
	t.Run("workbook", func(t *testing.T) { checkBook(t, book, &m) })
	t.Run("again", func(t *testing.T) {
		again, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth(), fixtureProvider, "test", quiet)
		if err != nil {
			t.Fatal(err)
		}
		page2, book2 := render(t, again)
		if !bytes.Equal(page, page2) {
			t.Error("the HTML of the same data differs")
		}
		if !bytes.Equal(book, book2) {
			t.Error("the XLSX of the same data differs")
		}
	})
	t.Run("files", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "new", "folder")
		files := []report.File{report.NewFile("x.xlsx", book), report.NewFile("x.html", page)}
		name, err := collector.WriteReport(dir, m.Edition(), files)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(dir, f.Name))
			if err != nil || !bytes.Equal(data, f.Data) {
				t.Errorf("%s: %d bytes, %v; want %d", f.Name, len(data), err, len(f.Data))
			}
			if !bytes.Contains(text, []byte(f.SHA256)) || !bytes.Contains(text, []byte(m.Batch)) {
				t.Errorf("the manifest lacks %s or the data batch:\n%s", f.Name, text)
			}
		}
		if got, want := filepath.Base(name), "tianfu-202609-usage-v1.manifest.json"; got != want {
			t.Errorf("manifest is %s; want %s", got, want)
		}
	})
	t.Run("imported capacity", func(t *testing.T) { checkImportedCapacity(t, s, pack) })
	t.Run("refused", func(t *testing.T) { checkRefusals(t, s, pack) })
	t.Run("moved", func(t *testing.T) { checkMoved(t, s, pack, m.Total) }) // last: it changes the data
}

// checkByHand holds the figures that a person can work out from the fixture.
func checkByHand(t *testing.T, m *report.Month) {
	q := m.Quality
	type figures struct {
		Systems, Units, Hosts, VCPU, Memory, Disk, LowShare, F1, F2                         report.Figure
		MissingHours, OffHours                                                              float64
		Short, Silent, Clocks, ClocksUnknown, Unknown, WithoutDisk, Insufficient, EmptyDays int
		Judged, Exempted, Idle                                                              []string
		Saved                                                                               report.Resources
		S1CPU, S1P95, S1P95Work, S1Storage, S1Change, Hosts10                               report.Figure
		Workdays                                                                            int
	}
	subjects := func(js []report.Judgement) (out []string) {
		for i := range js {
			out = append(out, js[i].Subject)
		}
		return out
	}
	s1 := m.Systems[0]
	got := figures{
		m.Summary.Quantities.Systems, m.Summary.Quantities.Units, m.Summary.Quantities.Hosts, m.Summary.Quantities.VCPU, m.Summary.Quantities.MemoryGiB, m.Summary.Quantities.DiskTiB,
		m.Summary.LowShare, q.Coverage, q.ManagedRate, q.MissingHours, q.OffHours,
		len(q.Short), q.Silent, len(q.Clocks), q.ClocksUnknown, len(q.Unknown), q.WithoutDisk, q.InsufficientSystems, q.EstimatedDays,
		subjects(m.Judged), subjects(m.Exempted), subjects(m.Idle), m.Summary.Reclaimable,
		s1.CPUAvg.Allocated, s1.CPUP95.Allocated, s1.CPUP95Work, s1.StorageUsed, s1.CPUChange, m.Summary.Compared[2].Month, q.Workdays,
	}
	want := figures{
		Systems: report.Of(3), Units: report.Of(2), Hosts: report.Of(10), VCPU: report.Of(16 + 26 + 8), Memory: report.Of(32 + 52 + 16),
		Disk: report.Of((300 + 800 + 100) / 1024.0), LowShare: report.Of(1.0 / 3),
		// Due are 9 hosts for 30 days, of which one was off for 10, and one for 21 days;
		// every fifth bucket of b3 is missing, and all of b4.
		F1: report.Of(254.0 / 281), F2: report.Of(0.9), MissingHours: (6 + 21) * 24, OffHours: 10 * 24,
		Short: 2, Silent: 1, Clocks: 1, Unknown: 1, WithoutDisk: 2, Insufficient: 1,
		Judged: []string{"S1"}, Exempted: []string{"S3"}, Idle: []string{"c3"}, Saved: report.Resources{VCPU: 4, MemoryGiB: 8},
		// 8, 9, 10, 11 and 12 % in equal parts. August has 8928 buckets of 6, 7, 8, 9 and
		// 10 %: 1785 rounds, and 6, 7 and 8 once more; a3, half of the system, has 20 instead of 8 %
		// in 357 of them, and 5 more in 9. 10 hosts after 9.
		S1CPU: report.Of(0.10), S1P95: report.Of(0.12), S1P95Work: report.Of(0.12), S1Storage: report.Of(0.4), S1Change: report.Of(0.10 - (1785*40+21+(357*12+9*5)/2.0)/8928/100), Hosts10: report.Of(1.0 / 9),
		Workdays: 22, // 22 weekdays without the 25th (mid-autumn), and Sunday the 20th is worked
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("(-by hand +report):\n%s", diff)
	}
	// Until 30 September: 30 days of August from the 2nd and 30; 21 from the 10th; all 30. S3 is
	// exempted as a system, its disk is not.
	gib := func(n float64) report.Figure { return report.Of(n) }
	var disks []string
	for _, v := range m.Volumes.Rows {
		disks = append(disks, fmt.Sprintf("%s %s %s %g GiB %g days from %s %s", v.UnitID, v.SystemName, v.Subject, v.SizeGiB.Value, v.Days.Value, v.Since, v.State))
	}
	wantDisks := []string{
		"N-0001 公文系统 zdone 300 GiB 60 days from 2026-08-02 judged", "N-0001 审批平台 zdtwo 40 GiB 21 days from 2026-09-10 observing",
		"N-0002 " + hostileSystem + " zdthr 50 GiB 30 days from 2026-09-01 judged",
	}
	if diff := cmp.Diff(wantDisks, disks); diff != "" || m.Volumes.GiB != gib(390) || m.Volumes.JudgedGiB != gib(350) || m.Volumes.Judged != 2 || m.Volumes.Yuan != (report.Figure{}) {
		t.Errorf("disks without a host: %+v (-by hand +report):\n%s", m.Volumes, diff)
	}
	var missing []string
	for _, g := range m.Missing {
		missing = append(missing, fmt.Sprintf("%s %.4f %g-%g=%g %v", g.ID, g.Coverage.Value, g.DueHours, g.ObservedHours, g.MissingHours, g.FirstAt.IsZero()))
	}
	if diff := cmp.Diff([]string{"b3 0.8000 720-576=144 false", "b4 0.0000 504-0=504 true"}, missing); diff != "" {
		t.Errorf("annex 7 (-by hand +report):\n%s", diff)
	}
	hosts, cores := 0, 0.0
	for _, d := range m.Distribution {
		hosts, cores = hosts+d.CPUHosts, cores+d.CPUVCPU
	}
	if hosts != 10 || cores != 50 {
		t.Errorf("the classes of A3-3 hold %d hosts and %v cores; want 10 and 50", hosts, cores)
	}
	loads := []string{}
	for i := range m.HighLoad {
		loads = append(loads, m.HighLoad[i].ID)
	}
	if diff := cmp.Diff([]string{"S2", "b1", "b2", "b3"}, loads); diff != "" {
		t.Errorf("high load:\n%s", diff)
	}
}

var (
	tags  = regexp.MustCompile(`<[^>]*>`)
	lines = regexp.MustCompile(`\n\s*\n+`)
)

// textOf is what a reader sees of a page, one cell after the other.
func textOf(page []byte) string {
	_, body, _ := strings.Cut(string(page), "<body>")
	body = strings.NewReplacer("</td>", " | ", "</th>", " | ", "</dt>", ": ", "<small>", " ", "</span>", " ").Replace(body)
	body = lines.ReplaceAllString(tags.ReplaceAllString(body, ""), "\n")
	return html.UnescapeString(body)
}

func checkPage(t *testing.T, page []byte) {
	if bytes.Contains(page, []byte("<script")) || !bytes.Contains(page, []byte("&lt;script&gt;")) {
		t.Error("the name with a script tag is not escaped")
	}
	const noIcon = `<link rel="icon" href="data:,">` // without it browsers ask for one
	rest := bytes.Replace(page, []byte(noIcon), nil, 1)
	for _, fetched := range []string{"<link", "src=", "@import", "url("} {
		if bytes.Contains(rest, []byte(fetched)) {
			t.Errorf("the page may fetch something: it has %s", fetched)
		}
	}
	got := textOf(page)
	golden := filepath.Join("testdata", "report.golden.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("page (-golden +got):\n%s", diff)
	}
	for _, said := range []string{"本建议由监测数据计算生成，须经专家、使用单位评审后实施（第二十三条），不作为直接调整依据。", "草稿"} {
		if !strings.Contains(got, said) {
			t.Errorf("the page does not say %q", said)
		}
	}
	if strings.Contains(got, "尚未封账") {
		t.Error("a closed month is marked as open")
	}
}

func checkBook(t *testing.T, data []byte, m *report.Month) {
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	want := []string{"摘要", "附表3 单位明细", "附表2 系统明细", "附表1 主机明细", "附表4 判定与建议", "附表5 变动明细", "附表6 故障", "附表7 缺测", "增量结算", "口径说明"}
	if diff := cmp.Diff(want, book.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	for _, name := range want {
		if layout, err := book.GetPageLayout(name); err != nil || *layout.Orientation != "landscape" || *layout.Size != 9 {
			t.Errorf("%s: page %+v, %v; want A4 landscape", name, layout, err)
		}
		if panes, err := book.GetPanes(name); err != nil || !panes.Freeze {
			t.Errorf("%s: head is not frozen: %v", name, err)
		}
		if head, err := book.GetHeaderFooter(name); err != nil || !strings.Contains(head.OddHeader, "草稿") {
			t.Errorf("%s: page head %+v, %v; want the mark", name, head, err)
		}
	}
	if names := book.GetDefinedName(); len(names) != len(want) {
		t.Errorf("%d print titles; want %d", len(names), len(want))
	}
	const hosts = "附表1 主机明细"
	rows, err := book.GetRows(hosts, excelize.Options{RawCellValue: true})
	if err != nil || len(rows) != 2+len(m.Hosts) {
		t.Fatalf("%s has %d rows, %v; want %d", hosts, len(rows), err, 2+len(m.Hosts))
	}
	column := slices.Index(rows[1], "CPU P95")
	for i := range m.Hosts {
		name, _ := excelize.CoordinatesToCellName(column+1, i+3)
		kind, err := book.GetCellType(hosts, name)
		if err != nil {
			t.Fatal(err)
		}
		shown, _ := book.GetCellValue(hosts, name)
		if m.Hosts[i].CPUP95.Allocated.State == report.Known {
			if kind == excelize.CellTypeInlineString || !strings.HasSuffix(shown, "%") {
				t.Errorf("%s of %s is of type %v, shown as %q; want a number as percentage", name, m.Hosts[i].ID, kind, shown)
			}
		} else if shown != "未提供" {
			t.Errorf("%s of %s is %q; want 未提供", name, m.Hosts[i].ID, shown)
		}
	}
	const units = "附表3 单位明细"
	if kind, err := book.GetCellType(units, "A4"); err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("the hostile name of a unit is of type %v, %v; want a string", kind, err)
	}
	if formula, _ := book.GetCellFormula(units, "A4"); formula != "" {
		t.Errorf("the hostile name of a unit became the formula %q", formula)
	}
	if value, _ := book.GetCellValue(units, "A4"); value != hostileUnit {
		t.Errorf("the hostile name of a unit reads %q", value)
	}
}

// An open month says so on the page, in page heads and in every sheet.
func TestReportOfOpenMonth(t *testing.T) {
	now := time.Date(2026, time.September, 20, 12, 2, 0, 0, store.Zone())
	s, pack := judged(t, now)
	m, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth(), fixtureProvider, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	page, data := render(t, m)
	for _, said := range []string{"本月尚未封账：数据统计至 2026年9月20日 12:00", `@top-right { content: "草稿  未封账"`, `<div class="watermark" aria-hidden="true">草稿  未封账</div>`} {
		if !bytes.Contains(page, []byte(said)) {
			t.Errorf("the page does not say %q", said)
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for _, name := range book.GetSheetList() {
		head, err := book.GetHeaderFooter(name)
		first, _ := book.GetCellValue(name, "A1")
		if err != nil || !strings.Contains(head.OddHeader, "未封账") || !strings.Contains(first, "未封账") {
			t.Errorf("%s: page head %+v, first row %q, %v; want 未封账 in both", name, head, first, err)
		}
	}
}

func checkRefusals(t *testing.T, s *store.Store, pack rules.Pack) {
	ask := func(month int, provider string) string {
		_, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth().Add(month), provider, "test", quiet)
		if err == nil {
			return ""
		}
		return err.Error()
	}
	for _, c := range []struct {
		month    int
		provider string
		want     string
	}{
		{-1, fixtureProvider, "judge --month 2026-08"},
		{0, "nobody", "it has tianfu"},
	} {
		if got := ask(c.month, c.provider); !strings.Contains(got, c.want) {
			t.Errorf("report of %d, %s: %q; want an error with %q", c.month, c.provider, got, c.want)
		}
	}
}

// checkMoved: data that arrive after judging are told of, not silently merged.
func checkMoved(t *testing.T, s *store.Store, pack rules.Pack, judged report.Unit) {
	if err := s.Exec(t.Context(), "ALTER TABLE usage_5m UPDATE cpu_used_millicores = 4000, derived_at = now() WHERE host IN (SELECT host FROM hosts WHERE host_id = 'a3') AND bucket >= '2026-09-01' SETTINGS mutations_sync = 1"); err != nil {
		t.Fatal(err)
	}
	m, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth(), fixtureProvider, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"S1"}, m.Quality.Moved); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(judged, m.Total); diff != "" {
		t.Errorf("figures (-as judged +after late data):\n%s", diff)
	}
	if page, _ := render(t, m); !strings.Contains(textOf(page), "请重新判定后再出报告：S1") {
		t.Error("the page does not say that data of S1 came after judging")
	}
}
