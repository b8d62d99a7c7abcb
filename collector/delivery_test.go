package collector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/mail"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/internal/smtptest"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// extracts is a kind that makes one report for each of two units, as notices are.
func extracts(_ context.Context, ask collector.BuildAsk) (out []collector.Part, err error) {
	for _, unit := range []string{"N-1", "N-2"} {
		e := report.Edition{Kind: report.KindNotice, Provider: ask.Provider, Unit: unit, Period: ask.Month, Version: 1, Batch: "b", JudgedAt: ask.Day.In(collector.Zone())}
		built := collector.Built{Edition: e, Document: report.Document{
			Title: "通报", Name: e.FileName(), Absent: "未提供", Cover: []report.Pair{{Label: "单位", Value: "mark-" + unit}},
			Sheets: []report.Sheet{{Name: "一", Title: "mark-" + unit}},
		}}
		out = append(out, func() (collector.Built, error) { return built, nil })
	}
	return out, nil
}

func (o *office) withExtracts() {
	o.Builders[report.KindNotice] = collector.Builder{Build: extracts}
	o.Settings.Kinds = []string{report.KindUsage, report.KindNotice}
	for _, unit := range []string{"N-1", "N-2"} {
		o.Settings.Recipients = append(o.Settings.Recipients, collector.Recipient{Name: "unit " + unit, Role: ingest.RoleUnit, Subject: unit, Folder: filepath.Join(o.Settings.Out, "to", unit)})
	}
}

func noLogs(context.Context, calendar.Month, time.Time) (collector.LogRules, error) {
	return collector.LogRules{}, nil
}

func (o *office) schedule(t *testing.T, wantError string) collector.Scheduled {
	t.Helper()
	done, err := o.Schedule(t.Context(), noLogs)
	if (err == nil) != (wantError == "") || err != nil && !strings.Contains(err.Error(), wantError) {
		t.Fatalf("schedule: %v; want %q", err, wantError)
	}
	return done
}

// The schedule waits for the cut-off, goes on where it was cut off, keeps going past what
// fails, carries what is signed to its own recipient, and does nothing twice.
func TestSchedule(t *testing.T) {
	o := opened(t)
	o.withExtracts()
	o.Settings.SendSigned = true
	o.now = time.Date(2026, time.November, 2, 23, 59, 59, 0, collector.Zone())
	if done := o.schedule(t, ""); len(done.Closed)+len(done.Made) > 0 {
		t.Fatalf("before the cut-off: %+v", done)
	}
	o.at(3, 0)
	print, printed := o.Printer.Print, 0
	o.Printer.Print = func(d report.Document, at time.Time) ([]report.File, []string, error) {
		if printed++; printed == 3 { // the second extract
			return nil, nil, errors.New("out of ink")
		}
		return print(d, at)
	}
	done := o.schedule(t, "out of ink")
	if diff := cmp.Diff([]string{usageV1}, done.Made); diff != "" || len(done.Closed) != 1 || done.Closed[0].Month != o.month {
		t.Fatalf("closed %+v, made %s", done.Closed, diff)
	}
	if done := o.schedule(t, ""); len(done.Closed) > 0 || !slices.Equal(done.Made, []string{"p-202610-notice-N-1-v1", "p-202610-notice-N-2-v1"}) {
		t.Fatalf("after the failure: %+v", done)
	}
	o.at(3, 1)
	if done := o.schedule(t, ""); len(done.Closed)+len(done.Made)+len(done.Sent) > 0 || printed != 5 {
		t.Fatalf("repeated: %+v, printed %d", done, printed)
	}
	for _, id := range []string{"p-202610-notice-N-1-v1", "p-202610-notice-N-2-v1"} {
		if _, err := o.Sign(t.Context(), id, "赵", "", o.now); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"p-202610-notice-N-1-v1 to unit N-1", "p-202610-notice-N-2-v1 to unit N-2"}
	if done := o.schedule(t, ""); !slices.Equal(done.Sent, want) {
		t.Fatalf("sent %q; want %q", done.Sent, want)
	}
	if done := o.schedule(t, ""); len(done.Sent) > 0 {
		t.Fatalf("sent again: %q", done.Sent)
	}
	for _, unit := range []string{"N-1", "N-2"} {
		names, err := filepath.Glob(filepath.Join(o.Settings.Out, "to", unit, "*"))
		if err != nil || len(names) != 3 || !strings.Contains(names[0], unit) {
			t.Errorf("unit %s got %q, %v", unit, names, err)
		}
	}
	if _, _, err := o.Send(t.Context(), "p-202610-notice-N-1-v1", "unit N-2", "", "li", o.now); err == nil || !strings.Contains(err.Error(), "rows of others") {
		t.Errorf("another unit's extract was sent: %v", err)
	}
	o.at(20, 9) // nobody signed the usage report
	states := map[string]filing.State{}
	rows, err := o.Ledger(t.Context(), collector.LedgerAsk{}, calendar.DateOf(o.now))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		states[r.Kind+" "+r.Recipient] = r.State
	}
	if diff := cmp.Diff(map[string]filing.State{
		"usage office": filing.Prepared, "notice office": filing.Missing, "notice unit N-1": filing.Sent, "notice unit N-2": filing.Sent,
	}, states); diff != "" {
		t.Error(diff)
	}
}

// Mail goes through a real server: divided, each part once, under the same Message-ID when it
// is tried again, and recorded as sent only after all of it was taken.
func TestMail(t *testing.T) {
	server := smtptest.Start(t)
	o := opened(t)
	o.close(t, "", "")
	o.Printer.Print = func(d report.Document, _ time.Time) ([]report.File, []string, error) {
		var files []report.File
		for name, n := range map[string]int{".a.pdf": 100 << 10, ".b.docx": 100 << 10, ".c.xlsx": 500 << 10} {
			files = append(files, report.NewFile(d.Name+name, bytes.Repeat([]byte(name), n/len(name))))
		}
		slices.SortFunc(files, func(a, b report.File) int { return strings.Compare(a.Name, b.Name) })
		return files, nil, nil
	}
	password := filepath.Join(t.TempDir(), "password")
	secret, err := os.ReadFile(server.PasswordFile)
	if err != nil {
		t.Fatal(err)
	}
	o.Settings.Recipients = []collector.Recipient{{Name: "office", Role: ingest.RoleOffice, Mail: []string{"office@example.org"}}}
	o.Settings.SMTP = mail.Config{Address: server.Address, CAFile: server.CAFile, Username: server.Username, PasswordFile: password, From: "reports@example.org", MaxMessageBytes: 200 << 10}
	o.Settings.SMTP.Complete()
	o.page(t)
	if _, err := o.Sign(t.Context(), usageV1, "赵", "", o.now); err != nil {
		t.Fatal(err)
	}
	send := func() (bool, error) {
		_, changed, err := o.Send(t.Context(), usageV1, "office", "", "li", o.now)
		return changed, err
	}
	if _, err := send(); err == nil || !strings.Contains(err.Error(), "reports.link") {
		t.Fatalf("a file that is too large, without a link: %v", err)
	}
	o.Settings.Link = "https://yunjian.example/"
	if _, err := send(); err == nil || !strings.Contains(err.Error(), "read password") {
		t.Fatalf("without the password: %v", err)
	}
	if err := os.WriteFile(password, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Say = func(s string) {
		if strings.HasPrefix(s, "mail 2 of") { // the first was taken
			_ = os.Rename(password, password+".gone")
		}
	}
	if _, err := send(); err == nil {
		t.Fatal("the second part was sent without a password")
	}
	x, err := o.Filing(t.Context(), usageV1)
	if err != nil || len(x.Sent) > 0 || len(x.Parts["office"]) != 1 {
		t.Fatalf("after the first part: sent %v, parts %v, %v", x.Sent, x.Parts, err)
	}
	first := server.Mails(t, 1)
	o.Say = quiet
	if err := os.Rename(password+".gone", password); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if changed, err := send(); err != nil || changed != want {
			t.Fatalf("%d: changed %v, %v", i, changed, err)
		}
	}
	all := server.Mails(t, 2)
	x, err = o.Filing(t.Context(), usageV1)
	if err != nil || x.Sent["office"].Way != "smtp" || len(x.Parts["office"]) != 2 {
		t.Errorf("sent %+v, parts %d, %v", x.Sent, len(x.Parts["office"]), err)
	}
	for id := range first {
		if all[id] == nil {
			t.Errorf("the first part %s is not there any more", id)
		}
	}
	if len(all) != 2 {
		t.Errorf("%d mails came; want two", len(all))
	}
	text := ""
	for _, m := range all {
		body, err := io.ReadAll(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		text += strings.ReplaceAll(string(body), "=\r\n", "")
		text = strings.ReplaceAll(text, "=\n", "")
	}
	holds(t, "the mails", text, []string{"https://yunjian.example/api/v1/reports/" + usageV1 + "/" + usageV1 + ".c.xlsx", "a.pdf", "b.docx", x.Files[2].SHA256}, nil)
	// What a server refuses is not sent.
	o.Settings.SMTP.MaxMessageBytes = 10 << 20
	o.Settings.Recipients[0].Name = "deputy"
	if _, _, err := o.Send(t.Context(), usageV1, "deputy", "", "li", o.now); err == nil || !strings.Contains(err.Error(), "message yunjian.") {
		t.Errorf("a mail above the limit of the server: %v", err)
	}
	if x, err = o.Filing(t.Context(), usageV1); err != nil || len(x.Sent) != 1 {
		t.Errorf("sent %+v, %v; want the office alone", x.Sent, err)
	}
}

// Over HTTP each gets its own reports, and drafts only who makes them.
func TestReportsAPI(t *testing.T) {
	o := opened(t)
	o.withExtracts()
	o.at(3, 0)
	o.schedule(t, "")
	if _, err := o.Sign(t.Context(), "p-202610-notice-N-1-v1", "赵", "", o.now); err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte("s"), ingest.MinSecretBytes)
	counted := map[string]int{}
	handler := collector.NewReportsAPI(o.Filer, secret, func(_, reason string, n int) { counted[reason] += n }, func() time.Time { return o.now }, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	token := func(role ingest.Role, subject string) string {
		t.Helper()
		text, err := ingest.MintRole(secret, ingest.Person{Role: role, Subject: subject, Reader: true})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	type reply struct {
		status int
		header http.Header
	}
	get := func(token, path string) (reply, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/reports"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return reply{response.StatusCode, response.Header}, string(text)
	}
	office, provider, rival := token(ingest.RoleOffice, ""), token(ingest.RoleProvider, "p"), token(ingest.RoleProvider, "q")
	unit, other := token(ingest.RoleUnit, "N-1"), token(ingest.RoleUnit, "N-2")
	const n1, n2 = "p-202610-notice-N-1-v1", "p-202610-notice-N-2-v1"
	for who, want := range map[string][]string{
		office: {n1, n2, usageV1}, provider: {n1, n2, usageV1}, rival: {}, unit: {n1}, other: {}, // N-2 is not signed
	} {
		var list struct {
			Reports []filing.Head `json:"reports"`
		}
		response, text := get(who, "?month=2026-10")
		if err := json.Unmarshal([]byte(text), &list); err != nil || response.status != http.StatusOK {
			t.Fatalf("%d %s: %v", response.status, text, err)
		}
		got := []string{}
		for _, h := range list.Reports {
			got = append(got, h.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for i, tt := range []struct {
		who, path string
		status    int
		says      string
	}{
		{"", "", 401, "mint one"},
		{"", "/" + n1 + "/" + n1 + ".html", 401, "mint one"},
		{office, "?kind=usage&provider=q", 200, `"reports":[]`},
		{unit, "/" + n1 + "/" + n1 + ".html", 200, "mark-N-1"},
		{unit, "/" + n1 + "/" + n1 + ".manifest.json", 200, "sha256"},
		{unit, "/" + n2 + "/" + n2 + ".html", 404, "no such report"},
		{unit, "/" + usageV1 + "/" + usageV1 + ".html", 404, "no such report"},
		{other, "/" + n2 + "/" + n2 + ".html", 404, "no such report"}, // a draft
		{other, "/" + n1 + "/" + n1 + ".html", 404, "no such report"},
		{provider, "/" + n2 + "/" + n2 + ".html", 200, "草稿"},
		{office, "/" + usageV1 + "/" + usageV1 + ".html", 200, "草稿"},
		{rival, "/" + usageV1 + "/" + usageV1 + ".html", 404, "no such report"},
		{office, "/" + usageV1 + "/other.html", 404, "no file"},
		{office, "/" + usageV1 + "/..%2F..%2Fetc%2Fpasswd", 404, "no file"},
		{office, "/" + n1 + "/" + n2 + ".html", 404, "no file"},
	} {
		response, text := get(tt.who, tt.path)
		if response.status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%d: %s: %d %.200s; want %d with %q", i, tt.path, response.status, text, tt.status, tt.says)
		}
	}
	response, text := get(unit, "/"+n1+"/"+n1+".xlsx")
	x, err := o.Filing(t.Context(), n1)
	if err != nil || response.header.Get("ETag") != `"`+x.Files[1].SHA256+`"` || report.NewFile("", []byte(text)).SHA256 != x.Files[1].SHA256 {
		t.Errorf("the workbook is not the signed one: %v", err)
	}
	if d := response.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || response.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", response.header)
	}
	if counted["ok"] == 0 || counted["unauthorized"] != 2 {
		t.Errorf("counted %v", counted)
	}
}
