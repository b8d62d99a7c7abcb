package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func newReport(o *options) *cobra.Command {
	var monthText, provider, dir, kind, unit, asOf string
	formats := reportFormats()
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the monthly report on resource usage of a provider, or its notices of low utilisation (Art. 30, 23)",
		Long: `report writes the usage report of one provider and month with a manifest of checksums:
DOCX to edit and sign, PDF for the archive, XLSX with the annexes, and HTML. The month
must have been judged; the report is dated by that run, and the same data give the same
bytes. What was not provided is printed so, never as 0; a month that is not over is
marked as open on every page, and every page is marked as a draft until it is signed.

--kind notice writes a notice for each using unit with a proposal of the month, with its
own rows only: evidence, proposed changes, and the forms for reply, review and
implementation, with what is recorded filled in; and the summary for the office. The state
is that of the last recorded step, or of the day --as-of.

What a person wrote into the content controls of a DOCX that lies in --out, of this
version or the one before, is taken over. An edited DOCX is kept under another name.

DOCX and PDF need a TrueType font with Chinese: the Debian packages fonts-arphic-uming
and fonts-arphic-ukai, or fonts_dir in the configuration. Without one they are left out.`,
		Example: `  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports
  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports --formats html,xlsx
  yunjian-collector report --kind notice --month 2026-10 --provider sichuan-cloud --out reports
  yunjian-collector report --kind notice --month 2026-10 --provider sichuan-cloud --unit 11510000008123456X --as-of 2026-11-30 --out reports`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			month, err := calendar.ParseMonth(monthText)
			if err != nil {
				return err
			}
			if err := checkFormats(formats); err != nil {
				return err
			}
			builder, ok := collector.Builders()[kind]
			if !ok {
				return fmt.Errorf("no kind %q: want one of %s", kind, strings.Join(slices.Sorted(maps.Keys(collector.Builders())), ", "))
			}
			var day calendar.Date
			if asOf != "" {
				if day, err = calendar.ParseDate(asOf); err != nil {
					return fmt.Errorf("--as-of: %w", err)
				}
			}
			if !builder.Units && unit+asOf != "" {
				return fmt.Errorf("--unit and --as-of are for --kind %s", report.KindNotice)
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
			built, err := builder.Build(cmd.Context(), collector.BuildAsk{
				DB: db, Pack: pack, Month: month, Provider: provider, Unit: unit, Day: day, Program: version(), Say: say,
			})
			if err != nil {
				return err
			}
			say("writing")
			p := press{formats, cmd.Flags().Changed("formats"), c.FontsDir, dir, say}
			all := []written{}
			for _, one := range built {
				files, omitted, err := p.render(one.Document, one.Edition)
				if err != nil {
					return err
				}
				manifest, err := collector.WriteReport(dir, one.Edition, files)
				if err != nil {
					return err
				}
				all = append(all, written{one.Figures, dir, manifest, files, omitted})
			}
			if o.json {
				if !builder.Units {
					return printJSON(cmd.OutOrStdout(), all[0])
				}
				return printJSON(cmd.OutOrStdout(), all)
			}
			for _, w := range all {
				for _, f := range w.Files {
					fmt.Fprintln(cmd.OutOrStdout(), filepath.Join(dir, f.Name))
				}
				fmt.Fprintln(cmd.OutOrStdout(), w.Manifest)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&monthText, "month", "", "month to report, such as 2026-10")
	cmd.Flags().StringVar(&provider, "provider", "", "id of the provider, as in the inventory")
	cmd.Flags().StringVar(&kind, "kind", report.KindUsage, "kind of report: usage or notice")
	cmd.Flags().StringVar(&unit, "unit", "", "code of the using unit whose notice alone is wanted")
	cmd.Flags().StringVar(&asOf, "as-of", "", "day whose state the forms of a notice show, such as 2026-11-30 (default that of the last recorded step)")
	cmd.Flags().StringVar(&dir, "out", "", "folder for the files; made if it is not there")
	cmd.Flags().StringSliceVar(&formats, "formats", formats, "formats to write")
	for _, name := range []string{"month", "provider", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flags are defined above
	}
	return cmd
}

// written is what --json prints: once, or for each of the reports of a kind that has many.
type written struct {
	Month    any           `json:"month"`
	Dir      string        `json:"dir"`
	Manifest string        `json:"manifest"`
	Files    []report.File `json:"files"`
	// Omitted are the formats for which no typeface was found.
	Omitted []string `json:"omitted"`
}
