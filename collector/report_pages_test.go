package collector_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/docx"
	"github.com/yunjian-io/yunjian/collector/report/render/pdf"
)

func typefaces(t *testing.T) collector.Typefaces {
	t.Helper()
	faces, err := collector.FindTypefaces("")
	if errors.Is(err, collector.ErrNoTypeface) && os.Getenv("CI") != "true" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return faces
}

// program skips where a reader is missing on a desk.
func program(t *testing.T, name, install string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no %s: apt install %s", name, install)
		}
		t.Skipf("no %s: apt install %s", name, install)
	}
	return path
}

// squeeze leaves out spaces, which readers set as they see fit, and minus signs: the
// PDF has hyphens for them, and LibreOffice puts those of another font on lines of
// their own.
func squeeze(s string) string {
	return strings.NewReplacer("\u2212", "", "-", "").Replace(strings.Join(strings.Fields(s), ""))
}

// The month of the fixture as PDF and as DOCX: readers find every cell of every
// table, on pages without an empty one, and the same data give the same bytes.
// With YUNJIAN_PICTURES set, the files are left there to be looked at.
func TestReportPages(t *testing.T) {
	faces := typefaces(t)
	toText, office := program(t, "pdftotext", "poppler-utils"), program(t, "soffice", "libreoffice-writer-nogui")
	s, pack := judged(t, afterClose())
	m, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth(), fixtureProvider, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv("YUNJIAN_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	for _, format := range []string{"pdf", "docx"} {
		print := func() ([]byte, error) {
			if format == "pdf" {
				return pdf.Render(d, m.JudgedAt, pdf.Faces{Body: faces.Body, Script: faces.Script})
			}
			return docx.Render(d, m.JudgedAt, faces.Body)
		}
		data, err := print()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := print(); err != nil || !bytes.Equal(data, again) {
			t.Errorf("the %s of the same data differs: %v", format, err)
		}
		name := filepath.Join(dir, "usage-"+format+"."+format)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if format == "docx" {
			profile := "-env:UserInstallation=file://" + filepath.Join(t.TempDir(), "profile")
			cmd := exec.CommandContext(t.Context(), office, profile, "--headless", "--convert-to", "pdf", "--outdir", dir, name)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			name = strings.TrimSuffix(name, ".docx") + ".pdf"
		}
		raw, err := exec.CommandContext(t.Context(), toText, "-raw", name, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for i, page := range strings.Split(strings.TrimSuffix(string(raw), "\f"), "\f") {
			if len([]rune(squeeze(page))) < 20 {
				t.Errorf("%s: page %d is empty: %q", format, i+1, page)
			}
		}
		checkCells(t, format, squeeze(string(raw)), &d, 450)
	}
}

// checkCells looks for every value. A long one may be divided by a page, where the
// page number stands in it; its halves are looked for.
func checkCells(t *testing.T, format, text string, d *report.Document, least int) {
	t.Helper()
	seen := 0
	find := func(value string) {
		want := []rune(squeeze(value))
		seen++
		if strings.Contains(text, string(want)) {
			return
		}
		if half := len(want) / 2; half < 20 || !strings.Contains(text, string(want[:half])) && !strings.Contains(text, string(want[half:])) {
			t.Errorf("the %s lacks %q", format, value)
		}
	}
	for _, p := range d.Cover {
		find(p.Label)
		find(p.Value)
	}
	for _, s := range d.Sections {
		find(s.Heading)
		for _, b := range s.Blocks {
			switch {
			case b.Table != nil:
				find(b.Table.Title)
				for _, row := range b.Table.Rows {
					for _, c := range row {
						find(c.Text)
					}
				}
			case b.Chart != nil && len(b.Chart.Points) > 0:
				find(b.Chart.Title)
			}
		}
	}
	if seen < least {
		t.Errorf("only %d values were looked for", seen)
	}
}

func TestFindTypefaces(t *testing.T) {
	faces := typefaces(t)
	if faces.Body.Name() == "" {
		t.Error("the body has no name")
	}
	dir := t.TempDir()
	_, err := collector.FindTypefaces(dir)
	if !errors.Is(err, collector.ErrNoTypeface) || !strings.Contains(err.Error(), "fonts-arphic-uming") || !strings.Contains(err.Error(), dir) {
		t.Errorf("an empty folder gives %v; want the package to install and the folder", err)
	}
	// Any font with Chinese will do in a folder that was given, whatever its name.
	if err := os.WriteFile(filepath.Join(dir, "ours.ttf"), faces.Body.TrueType(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken.ttf"), []byte("no font"), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := collector.FindTypefaces(dir)
	if err != nil || found.Body.Name() != faces.Body.Name() || found.Script != nil {
		t.Errorf("a folder with one font gives %+v, %v", found, err)
	}
	if _, err := collector.FindTypefaces(filepath.Join(dir, "missing")); err == nil || errors.Is(err, collector.ErrNoTypeface) {
		t.Errorf("a folder that is not there gives %v; want its own error", err)
	}
}
