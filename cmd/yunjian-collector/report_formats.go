package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/docx"
	"github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/collector/report/render/pdf"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
)

// reportFormats are the formats of a report, in the order in which they are listed.
func reportFormats() []string { return []string{"docx", "pdf", "xlsx", "html"} }

// lettered are the formats that need a typeface.
func lettered(format string) bool { return format == "docx" || format == "pdf" }

// press prints reports in some formats.
type press struct {
	formats  []string
	explicit bool // that the formats were asked for
	fontsDir string
	dir      string // of earlier drafts
	say      func(string)
}

func checkFormats(formats []string) error {
	for _, f := range formats {
		if !slices.Contains(reportFormats(), f) {
			return fmt.Errorf("no format %q: want some of %s", f, strings.Join(reportFormats(), ", "))
		}
	}
	return nil
}

// printer is the press as the ledger uses it.
func (p press) printer() collector.Printer {
	return collector.Printer{Print: p.print, Keep: func(dir string, d *report.Document, e report.Edition) error {
		p.dir = dir
		return p.keep(d, e)
	}}
}

// render prints a report with what persons wrote into an earlier draft.
func (p press) render(d report.Document, e report.Edition) (files []report.File, omitted []string, err error) {
	if err := p.keep(&d, e); err != nil {
		return nil, nil, err
	}
	return p.print(d, e.JudgedAt)
}

// print prints a report, dated by at. Where there is no typeface, the formats that need one
// are left out with a sentence that says what to install; if they were asked for, that is an
// error.
func (p press) print(d report.Document, at time.Time) (files []report.File, omitted []string, err error) {
	var faces collector.Typefaces
	omitted = []string{}
	if slices.ContainsFunc(p.formats, lettered) {
		faces, err = collector.FindTypefaces(p.fontsDir)
		if errors.Is(err, collector.ErrNoTypeface) && !p.explicit {
			p.say("DOCX and PDF are left out: " + err.Error())
		} else if err != nil {
			return nil, nil, err
		}
	}
	for _, format := range p.formats {
		if lettered(format) && faces.Body == nil {
			omitted = append(omitted, format)
			continue
		}
		data, err := printAs(d, format, at, faces)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, report.NewFile(d.Name+"."+format, data))
	}
	return files, omitted, nil
}

func printAs(d report.Document, format string, at time.Time, faces collector.Typefaces) ([]byte, error) {
	switch format {
	case "docx":
		return docx.Render(d, at, faces.Body)
	case "pdf":
		return pdf.Render(d, at, pdf.Faces{Body: faces.Body, Script: faces.Script})
	case "xlsx":
		return xlsx.Render(d, at.UTC().Format(time.RFC3339))
	}
	return html.Render(d)
}

// keep takes over what persons wrote into an earlier draft, and sets the draft aside
// if it was edited and is about to be replaced.
func (p press) keep(d *report.Document, e report.Edition) error {
	draft, err := collector.EarlierDraft(p.dir, e)
	if err != nil || draft.Name == "" {
		return err
	}
	written, err := docx.Written(draft.Data, d.Absent)
	if draft.Name != d.Name+".docx" { // of the version before
		for _, tag := range report.SignatureTags() {
			delete(written, tag)
		}
	}
	if err != nil {
		p.say(fmt.Sprintf("nothing is taken over from %s: %v", draft.Name, err))
	} else if lost := d.Keep(written); len(lost) > 0 {
		p.say(fmt.Sprintf("%s has texts that have no place any more: %s", draft.Name, strings.Join(lost, ", ")))
	}
	if draft.Edited && draft.Name == d.Name+".docx" && slices.Contains(p.formats, "docx") {
		name, err := draft.SetAside(p.dir)
		if err != nil {
			return err
		}
		p.say("the edited draft is kept as " + name)
	}
	return nil
}
