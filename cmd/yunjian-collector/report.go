package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func newReport(o *options) *cobra.Command {
	var monthText, provider, dir, kind, unit string
	formats := reportFormats()
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a monthly report of a provider: on resource usage (Art. 30) or on security (Art. 36)",
		Long: `report writes a report of one provider and month with a manifest of checksums. --kind
usage is the report on usage and efficiency; --kind security the report on operation and
security with that on the situation, of one using unit alone with --unit. Both come as
DOCX to edit and sign, PDF for the archive, XLSX with the annexes, and HTML. The month
must have been judged; the report is dated by that run, and the same data give the same
bytes. What was not provided is printed so, never as 0; a month that is not over is
marked as open on every page, and every page is marked as a draft until it is signed.

What a person wrote into the content controls of a DOCX that lies in --out, of this
version or the one before, is taken over. An edited DOCX is kept under another name.

DOCX and PDF need a TrueType font with Chinese: the Debian packages fonts-arphic-uming
and fonts-arphic-ukai, or fonts_dir in the configuration. Without one they are left out.`,
		Example: `  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports
  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports --formats html,xlsx
  yunjian-collector report --kind security --month 2026-10 --provider sichuan-cloud --unit N-0001 --out reports`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			month, err := calendar.ParseMonth(monthText)
			if err != nil {
				return err
			}
			if err := errors.Join(checkFormats(formats), checkKind(kind, unit)); err != nil {
				return err
			}
			db, c, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			pack, err := collector.LoadRules(c.RulesDir)
			if err != nil {
				return err
			}
			say := func(what string) { fmt.Fprintln(cmd.ErrOrStderr(), "report:", what) }
			made, err := makeReport(cmd.Context(), db, c, pack, wanted{kind, month, provider, unit, say})
			if err != nil {
				return err
			}
			say("writing")
			p := press{formats, cmd.Flags().Changed("formats"), c.FontsDir, dir, say}
			files, omitted, err := p.render(made.document, made.edition)
			if err != nil {
				return err
			}
			manifest, err := collector.WriteReport(dir, made.edition, files)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), written{made.figures, dir, manifest, files, omitted})
			}
			for _, f := range files {
				fmt.Fprintln(cmd.OutOrStdout(), filepath.Join(dir, f.Name))
			}
			fmt.Fprintln(cmd.OutOrStdout(), manifest)
			return nil
		},
	}
	cmd.Flags().StringVar(&monthText, "month", "", "month to report, such as 2026-10")
	cmd.Flags().StringVar(&provider, "provider", "", "id of the provider, as in the inventory")
	cmd.Flags().StringVar(&kind, "kind", report.KindUsage, "usage or security")
	cmd.Flags().StringVar(&unit, "unit", "", "code of the using unit whose rows alone are reported; with --kind security")
	cmd.Flags().StringVar(&dir, "out", "", "folder for the files; made if it is not there")
	cmd.Flags().StringSliceVar(&formats, "formats", formats, "formats to write")
	for _, name := range []string{"month", "provider", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flags are defined above
	}
	return cmd
}

// wanted says which report is wanted.
type wanted struct {
	kind           string
	month          calendar.Month
	provider, unit string
	say            func(string)
}

// made is a report that is ready to be rendered, with the figures behind it.
type made struct {
	document report.Document
	edition  report.Edition
	figures  any
}

func checkKind(kind, unit string) error {
	switch {
	case kind != report.KindUsage && kind != report.KindSecurity:
		return fmt.Errorf("no kind of report %q: want %s or %s", kind, report.KindUsage, report.KindSecurity)
	case unit != "" && kind != report.KindSecurity:
		return fmt.Errorf("--unit goes with --kind %s", report.KindSecurity)
	}
	return nil
}

// makeReport reads what the report is made of and composes it.
func makeReport(ctx context.Context, db *collector.Database, c collector.Config, pack rules.Pack, w wanted) (made, error) {
	if w.kind == report.KindSecurity {
		logs, err := c.LogRules()
		if err != nil {
			return made{}, err
		}
		s, err := collector.SecurityMonth(ctx, db.Store, pack, logs.Period, w.month, w.provider, w.unit, version(), w.say)
		if err != nil {
			return made{}, err
		}
		d, err := report.ComposeSecurity(s)
		return made{d, s.Edition(), s}, err
	}
	m, err := collector.ReportMonth(ctx, db.Store, pack, w.month, w.provider, version(), w.say)
	if err != nil {
		return made{}, err
	}
	d, err := report.Compose(m)
	return made{d, m.Edition(), m}, err
}

// written is what --json prints.
type written struct {
	Month    any           `json:"month"` // report.Month or report.Security
	Dir      string        `json:"dir"`
	Manifest string        `json:"manifest"`
	Files    []report.File `json:"files"`
	// Omitted are the formats for which no typeface was found.
	Omitted []string `json:"omitted"`
}
