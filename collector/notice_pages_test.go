package collector_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/docx"
	renderhtml "github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/collector/report/render/pdf"
	"github.com/yunjian-io/yunjian/internal/browsertest"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// noticeOfMany is the notice of a unit with three systems, of which the last has so many hosts
// that its evidence takes several pages. Their names come neither before nor after the evidence.
func noticeOfMany(t *testing.T) (report.Document, report.Edition, []string) {
	t.Helper()
	f := markedCaseFile(t)
	n, isNotice := f.notices(t, "N-"+marks()[0], calendar.Date{})[0].Figures.(report.Notice)
	if !isNotice || len(n.Systems) != 1 {
		t.Fatalf("%d systems; want the one of the fixture", len(n.Systems))
	}
	one := n.Systems[0]
	names := []string{"甲系统", "乙\"系统</style>\\", "丙系统"}
	n.Systems = nil
	for i, name := range names {
		s := one
		s.ID, s.Name, s.Evidence = fmt.Sprint("s", i), name, slices.Clone(one.Evidence)
		last := &s.Evidence[len(s.Evidence)-1]
		if i == len(names)-1 {
			var hosts []report.HostFacts
			for k := range 60 {
				h := last.Hosts[k%len(last.Hosts)]
				h.ID = fmt.Sprint("host-", k)
				hosts = append(hosts, h)
			}
			last.Hosts = hosts
		}
		n.Systems = append(n.Systems, s)
	}
	d, err := report.ComposeNotice(n)
	if err != nil {
		t.Fatal(err)
	}
	return d, n.Edition(), names
}

// pagesOf are the texts of the pages of a PDF without spaces, line by line.
func pagesOf(t *testing.T, toText, file string) (out [][]string) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), toText, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for page := range strings.SplitSeq(strings.TrimSuffix(string(text), "\f"), "\f") {
		var lines []string
		for line := range strings.SplitSeq(page, "\n") {
			if line = squeeze(line); line != "" && line != squeeze(fmt.Sprint("— ", len(out)+1, " —")) {
				lines = append(lines, line)
			}
		}
		out = append(out, lines)
	}
	return out
}

// Annex 1 of a notice has pages of their own for each system, with its name in the head of
// each, and no heading is left behind (reports.md C2), in the files that are printed.
func TestNoticeEvidencePages(t *testing.T) {
	faces := typefaces(t)
	toText, office := program(t, "pdftotext", "poppler-utils"), program(t, "soffice", "libreoffice-writer-nogui")
	d, e, names := noticeOfMany(t)
	dir := os.Getenv("YUNJIAN_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	write := func(name string, data []byte, err error) string {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	data, err := pdf.Render(d, e.JudgedAt, pdf.Faces{Body: faces.Body, Script: faces.Script})
	file := write("evidence-pdf.pdf", data, err)
	checkEvidencePages(t, "pdf", pagesOf(t, toText, file), names)

	data, err = docx.Render(d, e.JudgedAt, faces.Body)
	file = write("evidence-docx.docx", data, err)
	profile := "-env:UserInstallation=file://" + filepath.Join(t.TempDir(), "profile")
	if text, err := exec.CommandContext(t.Context(), office, profile, "--headless", "--convert-to", "pdf", "--outdir", dir, file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	checkEvidencePages(t, "docx", pagesOf(t, toText, strings.TrimSuffix(file, ".docx")+".pdf"), names)
	if n := bytes.Count(unpacked(t, t.TempDir(), "f.docx", data, toText), []byte("甲系统</w:t></w:r></w:p></w:hdr>")); n != 2 {
		t.Errorf("%d heads of pages hold the first system's name; want those of odd and even pages", n)
	}

	page, err := renderhtml.Render(d)
	write("evidence.html", page, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	}))
	t.Cleanup(server.Close)
	tab := browsertest.Open(t, 1280, 900)
	if status := tab.Visit(t, server.URL); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if problems := tab.Problems(); len(problems) > 0 {
		t.Errorf("the browser says %q", problems)
	}
	checkEvidencePages(t, "html", pagesOf(t, toText, write("evidence-html.pdf", tab.Print(t), nil)), names)
}

// checkEvidencePages asks every page from the heading of the annex to that of the next.
func checkEvidencePages(t *testing.T, format string, pages [][]string, names []string) {
	t.Helper()
	holds := func(page []string, text string) bool {
		return slices.ContainsFunc(page, func(line string) bool { return strings.Contains(line, squeeze(text)) })
	}
	first := slices.IndexFunc(pages, func(p []string) bool { return holds(p, "1. "+names[0]) })
	after := 0 // the last page with it: HTML has a list of contents before
	for i, p := range pages {
		if holds(p, "三、附表2") {
			after = i
		}
	}
	if first < 1 || after <= first {
		t.Fatalf("%s: the evidence is on pages %d to %d", format, first+1, after)
	}
	if !holds(pages[first], "二、附表1") {
		t.Errorf("%s: the annex does not begin with its first system", format)
	}
	count := map[string]int{}
	for i, page := range pages[first:after] {
		var on []string
		for _, name := range names {
			if holds(page, name) {
				on, count[name] = append(on, name), count[name]+1
			}
		}
		if len(on) != 1 || !strings.Contains(strings.Join(page[:min(3, len(page))], ""), squeeze(on[0])) {
			t.Errorf("%s: page %d is of %q; want one, named in its head: %q", format, first+i+1, on, page[:min(3, len(page))])
		}
		if last := page[len(page)-1]; len(page) < 4 || strings.HasPrefix(last, "二、") || strings.HasSuffix(last, "期末云主机") || last == "使用情况" || strings.Contains(last, "."+on[0]) {
			t.Errorf("%s: a heading is left behind at the end of page %d: %q", format, first+i+1, last)
		}
	}
	if count[names[2]] < 2 {
		t.Errorf("%s: the many hosts take %d pages; the test sees no continuation", format, count[names[2]])
	}
}
