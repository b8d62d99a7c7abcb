package collector_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/report"
	renderhtml "github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// office is a fleet with a ledger, and the clock of the test.
type office struct {
	*caseFile
	*collector.Filer
	told []string
}

func (o *office) at(day, hour int) {
	o.now = time.Date(2026, time.November, day, hour, 0, 0, 0, collector.Zone())
}

// opened is an office with October's data that prints HTML and XLSX into a folder.
func opened(t *testing.T) *office {
	t.Helper()
	f := inventoried(t)
	for _, host := range []string{"a", "b", "x"} {
		registered := wire.Rows{Hosts: []wire.Host{{Key: wire.HostKey("p", host), Provider: "p", ID: host}}}
		if err := f.db.Commit(t.Context(), &registered, f.now); err != nil {
			t.Fatal(err)
		}
		f.use(t, host, f.month.First(), f.month.Last(), steady(300, 900))
	}
	pack, err := rules.DefaultPack()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{caseFile: f}
	o.Filer = &collector.Filer{
		DB: f.db, Pack: pack, Builders: wholeUsage(), Program: "test", Now: func() time.Time { return o.now },
		Say: func(s string) { o.told = append(o.told, s) },
		Settings: collector.ReportsConfig{
			Out: t.TempDir(), Providers: []string{"p"}, Kinds: []string{report.KindUsage}, CutoffDay: 2, DueWorkdays: 5,
			Recipients: []collector.Recipient{{Name: "office", Role: ingest.RoleOffice, Folder: filepath.Join(t.TempDir(), "office")}},
		},
		Printer: collector.Printer{
			Print: func(d report.Document, at time.Time) ([]report.File, []string, error) {
				page, err := renderhtml.Render(d)
				if err != nil {
					return nil, nil, err
				}
				book, err := xlsx.Render(d, at.UTC().Format(time.RFC3339))
				return []report.File{report.NewFile(d.Name+".html", page), report.NewFile(d.Name+".xlsx", book)}, nil, err
			},
			Keep: func(_ string, d *report.Document, _ report.Edition) error {
				d.Keep(map[string]string{"cover.prepared_by": "孙"})
				return nil
			},
		},
	}
	o.at(3, 9)
	return o
}

func (o *office) close(t *testing.T, correct, by string) (store.MonthClose, bool) {
	t.Helper()
	c, changed, err := collector.CloseMonth(t.Context(), o.db, o.Pack, collector.LogRules{}, collector.Closing{Month: o.month, Correct: correct, By: by}, o.now, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	return c, changed
}

// page makes October's report and returns its HTML.
func (o *office) page(t *testing.T) string {
	t.Helper()
	made, err := o.Make(t.Context(), collector.MakeAsk{Month: o.month, Provider: "p", Kind: report.KindUsage})
	if err != nil || len(made) != 1 {
		t.Fatalf("%d reports, %v", len(made), err)
	}
	return string(content(t, made[0], 0))
}

// content reads a file of a report where it was written.
func content(t *testing.T, m collector.Made, i int) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(m.Dir, m.Files[i].Name))
	if err != nil {
		t.Fatal(err)
	}
	if got := report.NewFile(m.Files[i].Name, data); got.SHA256 != m.Files[i].SHA256 || got.Bytes != m.Files[i].Bytes {
		t.Errorf("%s is not what was made", m.Files[i].Name)
	}
	return data
}

func (o *office) row(t *testing.T) filing.Row {
	t.Helper()
	rows, err := o.Ledger(t.Context(), collector.LedgerAsk{From: o.month, To: o.month}, calendar.DateOf(o.now.In(collector.Zone())))
	if err != nil || len(rows) != 1 {
		t.Fatalf("ledger %+v, %v; want one line", rows, err)
	}
	return rows[0]
}

func holds(t *testing.T, what, text string, want, not []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q", what, w)
		}
	}
	for _, n := range not {
		if strings.Contains(text, n) {
			t.Errorf("%s has %q", what, n)
		}
	}
}

const (
	usageV1 = "p-202610-usage-v1"
	usageV2 = "p-202610-usage-v2"
)

// A report goes from the open month to the receipt, and on to a correction.
func TestFiling(t *testing.T) {
	o := opened(t)
	if _, err := collector.Judge(t.Context(), o.db, o.Pack, collector.LogRules{}, o.month, o.now, "test", quiet); err != nil {
		t.Fatal(err)
	}
	holds(t, "the page of an open month", o.page(t), []string{"草稿", "未封账"}, []string{"更正版"})
	if r := o.row(t); r.State != filing.Pending || r.ID != "" {
		t.Errorf("a draft of an open month is in the ledger: %+v", r)
	}
	o.at(3, 10)
	closing, changed := o.close(t, "", "")
	if !changed || closing.Version != 1 || closing.Hosts != 3 || closing.Buckets != 3*31*288 || closing.Batch == "" {
		t.Errorf("closing %+v, changed %v", closing, changed)
	}
	o.at(3, 11)
	if again, changed := o.close(t, "", ""); changed || cmp.Diff(closing, again) != "" {
		t.Errorf("closing again: changed %v, %s", changed, cmp.Diff(closing, again))
	}
	if err := collector.CheckOpen(t.Context(), o.db.Store, o.month); !errors.Is(err, collector.ErrClosed) || !strings.Contains(err.Error(), "--correct REASON") {
		t.Errorf("CheckOpen() = %v", err)
	}
	if err := collector.CheckOpen(t.Context(), o.db.Store, o.month.Next()); err != nil {
		t.Errorf("CheckOpen(next) = %v", err)
	}
	draft := o.page(t)
	holds(t, "the draft", draft, []string{"草稿", "v1"}, []string{"未封账", "更正版", "之后又收到"})
	if again := o.page(t); again != draft {
		t.Error("making the report again gives another one")
	}
	if r := o.row(t); r.State != filing.Prepared || r.ID != usageV1 || len(r.Files) != 2 || r.Due.Date.String() != "2026-11-06" {
		t.Errorf("after making: %+v", r)
	}
	o.late(t, draft)
	signed := o.sign(t)
	o.send(t, signed)
	o.correct(t, signed)
}

// late lets values come after the closing: they are flagged and in no figure.
func (o *office) late(t *testing.T, draft string) {
	t.Helper()
	o.use(t, "a", o.month.First(), o.month.First(), steady(7999, 900))
	late, err := o.db.Late(t.Context())
	if err != nil || len(late) != 1 || late[0].Count != 288 || late[0].Hosts != 1 || late[0].Month != o.month {
		t.Fatalf("late: %+v, %v", late, err)
	}
	flagged := o.page(t)
	const notice = "封账（第1版，2026年11月3日 10:00）之后又收到统计期内的数据：1 台主机的 288 个五分钟时段"
	holds(t, "the draft after late data", flagged, []string{notice}, nil)
	begin := strings.Index(flagged, `<p class="notice">`)
	end := begin + strings.Index(flagged[begin:], "</p>") + len("</p>\n")
	if rest := flagged[:begin] + flagged[end:]; strings.TrimSpace(rest) != strings.TrimSpace(draft) {
		t.Error("late data have changed more than the notice:", cmp.Diff(draft, rest))
	}
}

// sign reviews and signs the report, once.
func (o *office) sign(t *testing.T) collector.Made {
	t.Helper()
	if _, _, err := o.Send(t.Context(), usageV1, "office", "", "li", o.now); err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("an unsigned report was sent: %v", err)
	}
	if _, err := o.Review(t.Context(), usageV1, "王", "", o.now); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Sign(t.Context(), usageV1, "", "", o.now); err == nil || !strings.Contains(err.Error(), "name the person") {
		t.Errorf("nobody has signed: %v", err)
	}
	o.at(4, 9)
	made, err := o.Sign(t.Context(), usageV1, "赵", "", o.now)
	if err != nil {
		t.Fatal(err)
	}
	page := string(content(t, made, 0))
	holds(t, "the signed page", page, []string{"赵", "王", "孙", "2026年11月4日", "288 个五分钟时段"}, []string{"草稿", "未封账"})
	o.at(5, 9)
	o.use(t, "b", o.month.First(), o.month.First(), steady(3999, 900)) // does not get in any more
	again, err := o.Sign(t.Context(), usageV1, "赵", "", o.now)
	if diff := cmp.Diff(made.Files, again.Files); diff != "" || err != nil {
		t.Errorf("signing again gives other files: %v %s", err, diff)
	}
	if o.page(t) != page {
		t.Error("making a signed report gives another one")
	}
	if _, err := o.Sign(t.Context(), usageV1, "钱", "", o.now); err == nil || !strings.Contains(err.Error(), "another person") {
		t.Errorf("a second person has signed: %v", err)
	}
	if _, err := o.Sign(t.Context(), "x", "赵", "", o.now); !errors.Is(err, collector.ErrNoFiling) {
		t.Errorf("a report that is not there: %v", err)
	}
	if r := o.row(t); r.State != filing.Signed || r.By != "赵" || r.Files[0].SHA256 != made.Files[0].SHA256 {
		t.Errorf("after signing: %+v", r)
	}
	return made
}

// send carries the signed report into a folder, once, three working days late.
func (o *office) send(t *testing.T, signed collector.Made) {
	t.Helper()
	if _, _, err := o.Send(t.Context(), usageV1, "nobody", "", "li", o.now); err == nil || !strings.Contains(err.Error(), "no recipient") {
		t.Errorf("sent to nobody: %v", err)
	}
	if _, err := o.Receipt(t.Context(), usageV1, "office", "li", "R-1", "", o.now); err == nil || !strings.Contains(err.Error(), "not sent") {
		t.Errorf("received before it was sent: %v", err)
	}
	o.at(11, 9)
	for _, f := range signed.Files { // what is gone is printed again from what was signed
		if err := os.Remove(filepath.Join(o.Dir(o.month), f.Name)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []bool{true, false} {
		if _, changed, err := o.Send(t.Context(), usageV1, "office", "", "li", o.now); err != nil || changed != want {
			t.Fatalf("%d: changed %v, %v", i, changed, err)
		}
	}
	folder := o.Settings.Recipients[0].Folder
	for _, f := range signed.Files {
		if data, err := os.ReadFile(filepath.Join(folder, f.Name)); err != nil || report.NewFile(f.Name, data).SHA256 != f.SHA256 {
			t.Errorf("%s did not come as it was signed: %v", f.Name, err)
		}
	}
	manifest, err := os.ReadFile(filepath.Join(folder, usageV1+collector.ManifestSuffix))
	if err != nil {
		t.Fatal(err)
	}
	holds(t, "the manifest", string(manifest), []string{signed.Files[0].SHA256, signed.Files[1].SHA256}, nil)
	if _, err := o.Receipt(t.Context(), usageV1, "office", "li", "R-1", "", o.now.Add(time.Hour)); err == nil || !strings.Contains(err.Error(), "still to come") {
		t.Errorf("received in the future: %v", err)
	}
	if _, err := o.Receipt(t.Context(), usageV1, "office", "li", "R-1", "", o.now); err != nil {
		t.Fatal(err)
	}
	r := o.row(t)
	if r.State != filing.Received || r.Receipt != "R-1" || !r.Overdue || r.LateWorkdays != 3 { // 9, 10, 11 November
		t.Errorf("after the receipt: %+v", r)
	}
}

// correct closes the month once more: the next version says why, and takes the data in.
func (o *office) correct(t *testing.T, old collector.Made) {
	t.Helper()
	o.at(12, 9)
	ask := collector.Closing{Month: o.month, Correct: "补收主机 a、b 的数据"}
	if _, _, err := collector.CloseMonth(t.Context(), o.db, o.Pack, collector.LogRules{}, ask, o.now, "test", quiet); err == nil || !strings.Contains(err.Error(), "--by") {
		t.Errorf("nobody has corrected: %v", err)
	}
	if c, changed := o.close(t, ask.Correct, "li"); !changed || c.Version != 2 || c.Reason != ask.Correct {
		t.Errorf("correction %+v, changed %v", c, changed)
	}
	page := o.page(t)
	holds(t, "the correction", page, []string{"草稿", "更正版", "更正内容：" + ask.Correct, "v2"}, []string{"之后又收到", "赵"})
	if r := o.row(t); r.State != filing.Prepared || r.ID != usageV2 || r.LateWorkdays != 3 {
		t.Errorf("after the correction: %+v", r)
	}
	if data, err := os.ReadFile(filepath.Join(o.Settings.Recipients[0].Folder, old.Files[0].Name)); err != nil || report.NewFile(old.Files[0].Name, data).SHA256 != old.Files[0].SHA256 {
		t.Errorf("the first version is not what it was: %v", err)
	}
	made, err := o.Sign(t.Context(), usageV2, "赵", "", o.now)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, "the signed correction", string(content(t, made, 0)), []string{"更正内容：" + ask.Correct, "赵"}, []string{"草稿"})
}

func TestCloseRefuses(t *testing.T) {
	o := opened(t)
	for want, ask := range map[string]collector.Closing{
		"ends on 2026-11-30": {Month: o.month.Next()},
		"nothing to correct": {Month: o.month, Correct: "x", By: "li"},
	} {
		_, changed, err := collector.CloseMonth(t.Context(), o.db, o.Pack, collector.LogRules{}, ask, o.now, "test", quiet)
		if err == nil || changed || !strings.Contains(err.Error(), want) {
			t.Errorf("changed %v, %v; want %q", changed, err, want)
		}
	}
	o.close(t, "", "")
	o.at(4, 9)
	if _, err := collector.Judge(t.Context(), o.db, o.Pack, collector.LogRules{}, o.month, o.now, "test", quiet); err != nil {
		t.Fatal(err)
	}
	_, err := o.Make(t.Context(), collector.MakeAsk{Month: o.month, Provider: "p", Kind: report.KindUsage})
	if err == nil || !strings.Contains(err.Error(), "judged again after it was closed") {
		t.Errorf("a report of another run: %v", err)
	}
	if _, err := o.Make(t.Context(), collector.MakeAsk{Month: o.month, Kind: "novel"}); err == nil || !strings.Contains(err.Error(), "ledger, notice, security, security-operation, security-situation, usage") {
		t.Errorf("a kind that is not there: %v", err)
	}
}

// wholeUsage are the builders of the program, of which usage makes the provider's report
// alone: what becomes of extracts is tested with a kind of their own.
func wholeUsage() map[string]collector.Builder {
	all := collector.Builders()
	build := all[report.KindUsage].Build
	all[report.KindUsage] = collector.Builder{Build: func(ctx context.Context, ask collector.BuildAsk) ([]collector.Part, error) {
		built, err := build(ctx, ask)
		return built[:min(1, len(built))], err
	}}
	return all
}
