package collector_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/report"
	renderhtml "github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/internal/browsertest"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// overflows names what reaches beyond the window or its own cell or drawing, apart from what
// lies in something that scrolls.
const overflows = `(() => {
	const width = document.documentElement.clientWidth, out = [];
	const name = e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + e.textContent.trim().slice(0, 30);
	for (const e of document.body.querySelectorAll('*')) {
		const r = e.getBoundingClientRect();
		if (r.width > 0 && r.right > width + 1 && !e.closest('.scroll') && getComputedStyle(e).position !== 'fixed') out.push('window: ' + name(e));
	}
	for (const e of document.querySelectorAll('td, th, dd, dt')) {
		if (e.scrollWidth > e.clientWidth + 1) out.push('cell: ' + name(e));
	}
	for (const svg of document.querySelectorAll('svg')) {
		const box = svg.viewBox.baseVal;
		for (const e of svg.querySelectorAll('text')) {
			const b = e.getBBox();
			if (b.width === 0 || b.x < box.x - 1 || b.y < box.y - 1 || b.x + b.width > box.x + box.width + 1 || b.y + b.height > box.y + box.height + 1) out.push('chart: ' + name(e));
		}
	}
	if (document.documentElement.scrollWidth > width) out.push('the page scrolls sideways');
	return out;
})()`

// browserDocuments are reports of every kind with figures in them.
func browserDocuments(t *testing.T) map[string]report.Document {
	t.Helper()
	out := map[string]report.Document{}
	s, pack := securityStore(t)
	for _, kind := range []string{report.KindUsage, report.KindOperation, report.KindSituation} {
		ask := collector.BuildAsk{DB: &collector.Database{Store: s}, Pack: pack, Month: fixtureMonth(), Provider: fixtureProvider, Program: "test", Say: quiet}
		for _, x := range buildAll(t, kind, ask)[:2] { // that of the provider and an extract
			out[x.Edition.FileName()] = x.Document
		}
	}
	f := markedCaseFile(t)
	f.proceed(t)
	for _, x := range f.notices(t, "", calendar.Date{})[:2] {
		out[x.Edition.FileName()] = x.Document
	}
	return out
}

// Every page is whole in a browser: on a screen, on a telephone and on paper; it asks for
// nothing but itself, and nothing reaches over the edge.
func TestPagesInBrowser(t *testing.T) {
	toText := program(t, "pdftotext", "poppler-utils")
	documents := browserDocuments(t)
	pages := map[string][]byte{}
	for name, d := range documents {
		page, err := renderhtml.Render(d)
		if err != nil {
			t.Fatal(err)
		}
		pages["/"+name] = page
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(pages[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	tab := browsertest.Open(t, 1280, 900)
	pictures := os.Getenv("YUNJIAN_PICTURES")
	for name, d := range documents {
		for _, window := range []struct {
			what          string
			width, height int64
			mobile        bool
		}{{"screen", 1280, 900, false}, {"telephone", 360, 740, true}} {
			tab.Resize(t, window.width, window.height, window.mobile)
			if status := tab.Visit(t, server.URL+"/"+name); status != http.StatusOK {
				t.Fatalf("%s: status %d", name, status)
			}
			if over := browsertest.Ask[[]string](t, tab, overflows); len(over) > 0 {
				t.Errorf("%s on a %s: %s", name, window.what, strings.Join(over[:min(len(over), 12)], "\n"))
			}
			if asked := tab.Requests(); len(asked) != 1 {
				t.Errorf("%s asks for %q; want itself alone", name, asked)
			}
			if problems := tab.Problems(); len(problems) > 0 {
				t.Errorf("%s: the browser says %q", name, problems)
			}
			if pictures != "" {
				if err := os.WriteFile(filepath.Join(pictures, name+"-"+window.what+".png"), tab.Picture(t), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		seen := browsertest.Ask[struct{ Tables, Charts, Sections int }](t, tab, `({Tables: document.querySelectorAll('tbody').length, Charts: document.querySelectorAll('svg').length, Sections: document.querySelectorAll('main > section').length})`)
		if seen.Sections != len(d.Sections) || seen.Tables < 2 {
			t.Errorf("%s shows %+v; want %d sections and tables", name, seen, len(d.Sections))
		}
		charts := 0
		for _, section := range d.Sections {
			for _, b := range section.Blocks {
				if b.Chart != nil && len(b.Chart.Points) > 0 {
					charts++
				}
			}
		}
		if seen.Charts != charts {
			t.Errorf("%s shows %d charts; want %d", name, seen.Charts, charts)
		}
		file := filepath.Join(t.TempDir(), "page.pdf")
		if err := os.WriteFile(file, tab.Print(t), 0o644); err != nil {
			t.Fatal(err)
		}
		text, err := exec.CommandContext(t.Context(), toText, "-raw", file, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		checkCells(t, name+" on paper", squeeze(string(text)), &d, 50)
	}
}

// A person goes to the page of reports in a browser, with the token as password, and gets
// the file that the ledger names; without a token nothing.
func TestDownloadInBrowser(t *testing.T) {
	o := opened(t)
	o.withExtracts()
	o.at(3, 0)
	o.schedule(t, "")
	const id = "p-202610-notice-N-1-v1"
	signed, err := o.Sign(t.Context(), id, "赵", "", o.now)
	if err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte("s"), ingest.MinSecretBytes)
	handler := collector.NewReportsAPI(o.Filer, secret, func(string, string, int) {}, func() time.Time { return o.now }, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	token, err := ingest.MintRole(secret, ingest.Person{Role: ingest.RoleUnit, Subject: "N-1", Reader: true})
	if err != nil {
		t.Fatal(err)
	}
	tab := browsertest.Open(t, 1280, 900)
	at, err := url.Parse(server.URL + "/api/v1/reports")
	if err != nil {
		t.Fatal(err)
	}
	refused := httptest.NewRecorder()
	handler.ServeHTTP(refused, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/reports", nil))
	if diff := cmp.Diff([]string{`Bearer realm="yunjian"`, `Basic realm="yunjian", charset="UTF-8"`}, refused.Header()["Www-Authenticate"]); diff != "" || refused.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s", refused.Code, diff)
	}
	at.User = url.UserPassword("li", token)
	if status := tab.Visit(t, at.String()); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	shown := browsertest.Ask[string](t, tab, "document.body.innerText")
	holds(t, "the page", shown, []string{"2026年10月", "低利用率通报", "N-1", "已签发", signed.Files[0].SHA256}, []string{"N-2", "月报"})
	tab.Resize(t, 360, 740, true)
	if over := browsertest.Ask[[]string](t, tab, overflows); len(over) > 0 {
		t.Errorf("on a telephone: %q", over)
	}
	if problems := tab.Problems(); len(problems) > 0 {
		t.Errorf("the browser says %q", problems)
	}
	for _, f := range signed.Files {
		name, data := tab.Download(t, `a[href$="`+f.Name+`"]`)
		if name != f.Name || report.NewFile(name, data).SHA256 != f.SHA256 {
			t.Errorf("got %q of %d bytes; want %s, %d bytes", name, len(data), f.Name, f.Bytes)
		}
	}
}
