package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// reportGCPercent is how much garbage is let grow beside what is in use: a fifth of what Go does.
const reportGCPercent = 20

func newReport(o *options) *cobra.Command {
	var monthText, asOf, profile string
	extracts := true
	var ask collector.MakeAsk
	formats := reportFormats()
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a monthly report of a provider (Art. 30)",
		Long: `report writes the reports of one kind, provider and month with a manifest of checksums:
DOCX to edit and sign, PDF for the archive, XLSX with the annexes, and HTML. The month
must have been judged; the report is dated by that run, and the same data give the same
bytes. What was not provided is printed so, never as 0; a month that is not closed is
marked as open on every page, and every page is marked as a draft until it is signed.

The reports of a closed month (see close) get a place in the ledger (see filing) and are
kept: writing them again prints what was kept, and with the signature once there is one.

--kind security writes the reports on security (Art. 36) of the provider: security-operation
and security-situation, or both bound in one where reports.security of the configuration
is bound; a month of which they were filed keeps its form. Either may be asked for by its
own name. With them comes the extract of each using unit with its own rows only; --unit
writes that of one.

--kind notice writes a notice for each using unit with a proposal of the month, with its
own rows only: evidence, proposed changes, and the forms for reply, review and
implementation, with what is recorded filled in; and the summary for the office. The state
is that of the last recorded step, or of the day --as-of, whether the month is closed or
not (Art. 23).

The kind ledger prints the ledgers D1 to D5 as of today, of a provider or, without one,
of all.

What a person wrote into the content controls of a DOCX that lies in --out, of this
version or the one before, is taken over. An edited DOCX is kept under another name.

DOCX and PDF need a TrueType font with Chinese: the Debian packages fonts-arphic-uming
and fonts-arphic-ukai, or fonts_dir in the configuration. Without one they are left out.`,
		Example: `  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports
  yunjian-collector report --month 2026-10 --provider sichuan-cloud --out reports --formats html,xlsx
  yunjian-collector report --kind security --month 2026-10 --provider sichuan-cloud --out reports
  yunjian-collector report --kind notice --month 2026-10 --provider sichuan-cloud --out reports
  yunjian-collector report --kind notice --month 2026-10 --provider sichuan-cloud --unit 11510000008123456X --as-of 2026-11-30 --out reports
  yunjian-collector report --month 2026-10 --kind ledger --out reports`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if ask.Month, err = calendar.ParseMonth(monthText); err != nil {
				return err
			}
			if err := checkFormats(formats); err != nil {
				return err
			}
			if ask.Provider == "" && ask.Kind != report.KindLedger {
				return fmt.Errorf("required flag(s) \"provider\" not set: a report of kind %s is about one provider", ask.Kind)
			}
			if asOf != "" {
				if ask.AsOf, err = calendar.ParseDate(asOf); err != nil {
					return fmt.Errorf("--as-of: %w", err)
				}
			}
			if asOf != "" && ask.Kind != report.KindNotice {
				return fmt.Errorf("--as-of is for --kind %s", report.KindNotice)
			}
			if ask.Unit != "" && ask.Kind == report.KindLedger {
				return fmt.Errorf("--unit is not for --kind %s", report.KindLedger)
			}
			if !extracts && ask.Unit != "" {
				return errors.New("--unit asks for one extract and --extracts=false for none: choose one")
			}
			ask.Whole, ask.Figures = !extracts, o.json
			p := press{formats: formats, explicit: cmd.Flags().Changed("formats")}
			f, err := o.filer(cmd, p, "report:")
			if err != nil {
				return err
			}
			defer func() { err = closeWith(f.DB, err) }()
			if os.Getenv("GOGC") == "" { // the pages of a large provider are most of the memory
				debug.SetGCPercent(reportGCPercent)
			}
			return profiled(profile, func() error {
				made, err := f.Make(cmd.Context(), ask)
				if err != nil {
					return err
				}
				return o.printMade(cmd, made)
			})
		},
	}
	cmd.Flags().StringVar(&monthText, "month", "", "month to report, such as 2026-10")
	cmd.Flags().StringVar(&ask.Provider, "provider", "", "id of the provider, as in the inventory")
	cmd.Flags().StringVar(&ask.Kind, "kind", report.KindUsage, "kind of the report: "+strings.Join(slices.Sorted(maps.Keys(collector.Builders())), ", "))
	cmd.Flags().StringVar(&ask.Unit, "unit", "", "code of the using unit whose report alone is wanted")
	cmd.Flags().BoolVar(&extracts, "extracts", true, "also write the extract of each using unit; the ledger of a closed month takes them together")
	profileFlag(cmd, &profile)
	cmd.Flags().StringVar(&asOf, "as-of", "", "day whose state the forms of a notice show, such as 2026-11-30 (default that of the last recorded step)")
	cmd.Flags().StringVar(&ask.Dir, "out", "", "folder for the files; made if it is not there (default reports.out/MONTH of the configuration)")
	cmd.Flags().StringSliceVar(&formats, "formats", formats, "formats to write")
	_ = cmd.MarkFlagRequired("month") // the flag is defined above
	return cmd
}

// filer opens the database and makes what files reports; the caller closes its DB. Its
// messages begin with prefix.
func (o *options) filer(cmd *cobra.Command, p press, prefix string) (*collector.Filer, error) {
	db, c, err := o.database(cmd)
	if err != nil {
		return nil, err
	}
	pack, err := collector.LoadRules(c.RulesDir)
	if err != nil {
		return nil, closeWith(db, err)
	}
	logs, err := c.LogRules()
	if err != nil {
		return nil, closeWith(db, err)
	}
	p.fontsDir, p.say = c.FontsDir, func(what string) { fmt.Fprintln(cmd.ErrOrStderr(), prefix, what) }
	return &collector.Filer{
		DB: db, Pack: pack, Settings: c.Reports, Period: logs.Period, Builders: collector.Builders(), Printer: p.printer(), Program: version(), Now: time.Now, Say: p.say,
	}, nil
}

// written is what --json prints of a report.
type written struct {
	// Month are the figures of the report; null where they come from the ledger.
	Month    any           `json:"month"`
	Report   string        `json:"report"`
	Dir      string        `json:"dir"`
	Manifest string        `json:"manifest"`
	Files    []report.File `json:"files"`
	// Omitted are the formats for which no typeface was found.
	Omitted []string `json:"omitted"`
}

// printMade names what was written. --json prints a list, the report of the provider first
// and then those of using units, and an object for a ledger, of which there is one.
func (o *options) printMade(cmd *cobra.Command, made []collector.Made) error {
	if o.json {
		all := make([]written, len(made))
		for i := range made {
			m := &made[i]
			all[i] = written{m.Figures, m.Edition.FileName(), m.Dir, m.Manifest, m.Files, m.Omitted}
		}
		if len(made) == 1 && made[0].Edition.Kind == report.KindLedger {
			return printJSON(cmd.OutOrStdout(), all[0])
		}
		return printJSON(cmd.OutOrStdout(), all)
	}
	var lines []string
	for i := range made {
		for _, f := range made[i].Files {
			lines = append(lines, filepath.Join(made[i].Dir, f.Name))
		}
		lines = append(lines, made[i].Manifest)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(lines, "\n"))
	return err
}
