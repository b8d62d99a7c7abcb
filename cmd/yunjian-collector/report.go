package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func newReport(o *options) *cobra.Command {
	var monthText, provider, dir string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the monthly report on resource usage of a provider (Art. 30)",
		Long: `report writes the usage report of one provider and month as HTML and XLSX with a
manifest of checksums. The month must have been judged; the report is dated by that
run, and the same data give the same bytes. What was not provided is printed so,
never as 0; a month that is not over is marked as open on every page.`,
		Example: "  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			month, err := calendar.ParseMonth(monthText)
			if err != nil {
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
			files, err := renderReport(m)
			if err != nil {
				return err
			}
			manifest, err := collector.WriteReport(dir, m, files)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), written{m, dir, manifest, files})
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
}

// renderReport prints a month in every format.
func renderReport(m report.Month) ([]report.File, error) {
	d, err := report.Compose(m)
	if err != nil {
		return nil, err
	}
	page, err := html.Render(d)
	if err != nil {
		return nil, err
	}
	book, err := xlsx.Render(d, m.JudgedAt.UTC().Format(time.RFC3339))
	if err != nil {
		return nil, err
	}
	return []report.File{report.NewFile(d.Name+".html", page), report.NewFile(d.Name+".xlsx", book)}, nil
}
