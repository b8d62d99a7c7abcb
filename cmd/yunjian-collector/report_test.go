package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func emptyMonth(t *testing.T) report.Month {
	t.Helper()
	at := time.Date(2026, 10, 3, 9, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*3600))
	m, err := report.Build(report.Input{
		Period: calendar.Month{Year: 2026, Month: time.September}, Through: at, JudgedAt: at, Version: 1,
		Provider: report.Party{ID: "p", Name: "某云"}, CoverageGate: 0.9,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func composed(t *testing.T, m report.Month) (report.Document, report.Edition) {
	t.Helper()
	d, err := report.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	return d, m.Edition()
}

// typed changes a part of a DOCX, as a person with an editor does.
func typed(t *testing.T, data []byte, from, to string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	changed := false
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "word/document.xml" {
			changed = bytes.Contains(part, []byte(from))
			part = bytes.Replace(part, []byte(from), []byte(to), 1)
		}
		w, err := z.Create(f.Name)
		if err == nil {
			_, err = w.Write(part)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil || !changed {
		t.Fatalf("the document has no %q, %v", from, err)
	}
	return out.Bytes()
}

// What a person wrote into a draft is in every format of the next one, the edited
// file is set aside, and a run without a person in between changes nothing.
func TestDraftIsKept(t *testing.T) {
	if _, err := collector.FindTypefaces(""); errors.Is(err, collector.ErrNoTypeface) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	dir, m := t.TempDir(), emptyMonth(t)
	var told []string
	run := func() map[string][]byte {
		t.Helper()
		p := press{formats: reportFormats(), dir: dir, say: func(s string) { told = append(told, s) }}
		files, omitted, err := p.render(composed(t, m))
		if err != nil || len(omitted) > 0 {
			t.Fatalf("omitted %v, %v", omitted, err)
		}
		if _, err := collector.WriteReport(dir, m.Edition(), files); err != nil {
			t.Fatal(err)
		}
		out := map[string][]byte{}
		for _, f := range files {
			out[filepath.Ext(f.Name)] = f.Data
		}
		return out
	}
	first := run()
	if diff := cmp.Diff(first, run()); diff != "" || len(told) > 0 {
		t.Errorf("the second run differs or tells %v", told)
	}
	const blank = `<w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:p><w:pPr><w:pStyle w:val="Text"/></w:pPr><w:r><w:t xml:space="preserve">未提供`
	edited := typed(t, first[".docx"], blank, strings.Replace(strings.TrimPrefix(blank, "<w:showingPlcHdr/>"), "未提供", "三台主机待核", 1))
	if err := os.WriteFile(filepath.Join(dir, "p-202609-usage-v1.docx"), edited, 0o644); err != nil {
		t.Fatal(err)
	}
	next := run()
	if !bytes.Contains(next[".html"], []byte("三台主机待核")) {
		t.Error("the page lacks what was written")
	}
	aside, err := filepath.Glob(filepath.Join(dir, "*.edited-*.docx"))
	if err != nil || len(aside) != 1 {
		t.Fatalf("set aside: %v, %v; want the edited draft", aside, err)
	}
	if data, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(data, edited) {
		t.Errorf("what was set aside is not the edited draft: %v", err)
	}
	if diff := cmp.Diff(next, run()); diff != "" {
		t.Error("a run after that changes the report again")
	}
	m.Version = 2 // a correction takes the texts of the version before
	if next = run(); !bytes.Contains(next[".html"], []byte("三台主机待核")) {
		t.Error("the next version lacks what was written")
	}
}

func TestWithoutTypeface(t *testing.T) {
	var told []string
	p := press{formats: reportFormats(), fontsDir: t.TempDir(), dir: t.TempDir(), say: func(s string) { told = append(told, s) }}
	files, omitted, err := p.render(composed(t, emptyMonth(t)))
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v; want HTML and XLSX", len(files), err)
	}
	if diff := cmp.Diff([]string{"docx", "pdf"}, omitted); diff != "" {
		t.Error(diff)
	}
	if len(told) != 1 || !strings.Contains(told[0], "fonts-arphic-uming") {
		t.Errorf("told %q; want the package to install", told)
	}
	p.explicit = true
	if _, _, err := p.render(composed(t, emptyMonth(t))); !errors.Is(err, collector.ErrNoTypeface) {
		t.Errorf("asked for by name, the formats give %v; want an error", err)
	}
	if err := checkFormats([]string{"pdf", "doc"}); err == nil || !strings.Contains(err.Error(), `"doc"`) {
		t.Errorf("an unknown format gives %v", err)
	}
}
