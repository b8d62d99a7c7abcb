package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func newReport(o *options) *cobra.Command {
	var monthText, provider, dir string
	formats := reportFormats()
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the monthly report on resource usage of a provider (Art. 30)",
		Long: `report writes the usage report of one provider and month with a manifest of checksums:
DOCX to edit and sign, PDF for the archive, XLSX with the annexes, and HTML. The month
must have been judged; the report is dated by that run, and the same data give the same
bytes. What was not provided is printed so, never as 0; a month that is not over is
marked as open on every page, and every page is marked as a draft until it is signed.

What a person wrote into the content controls of a DOCX that lies in --out, of this
version or the one before, is taken over. An edited DOCX is kept under another name.

DOCX and PDF need a TrueType font with Chinese: the Debian packages fonts-arphic-uming
and fonts-arphic-ukai, or fonts_dir in the configuration. Without one they are left out.`,
		Example: `  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports
  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports --formats html,xlsx`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			month, err := calendar.ParseMonth(monthText)
			if err != nil {
				return err
			}
			if err := checkFormats(formats); err != nil {
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
			m, err := collector.ReportMonth(cmd.Context(), db.Store, pack, month, provider, version(), say)
			if err != nil {
				return err
			}
			say("writing")
			p := press{formats, cmd.Flags().Changed("formats"), c.FontsDir, dir, say}
			d, err := report.Compose(m)
			if err != nil {
				return err
			}
			files, omitted, err := p.render(d, m.Edition())
			if err != nil {
				return err
			}
			manifest, err := collector.WriteReport(dir, m.Edition(), files)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), written{m, dir, manifest, files, omitted})
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
	cmd.Flags().StringVar(&dir, "out", "", "folder for the files; made if it is not there")
	cmd.Flags().StringSliceVar(&formats, "formats", formats, "formats to write")
	for _, name := range []string{"month", "provider", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flags are defined above
	}
	return cmd
}

// written is what --json prints.
type written struct {
	Month    report.Month  `json:"month"`
	Dir      string        `json:"dir"`
	Manifest string        `json:"manifest"`
	Files    []report.File `json:"files"`
	// Omitted are the formats for which no typeface was found.
	Omitted []string `json:"omitted"`
}
