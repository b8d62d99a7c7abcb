package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/dashboards"
)

// publishFlags are the flags of dashboards publish that are files or are checked first.
type publishFlags struct {
	grafana                dashboards.Grafana
	tokenFile, caFile      string
	source                 dashboards.Source
	passwordFile, sourceCA string
}

func newDashboardsPublish(o *options) *cobra.Command {
	var given publishFlags
	var want dashboards.Publication
	cmd := &cobra.Command{
		Use: "publish --grafana URL --token-file F", Short: "Bring folders, data source, dashboards and alert rules into a running Grafana", Args: cobra.NoArgs,
		Long: `publish writes what differs over Grafana's HTTP API, so that running it again changes
nothing, and a run that was cut off is taken up by the next. It prints a line for each
object: created, updated, deleted, unchanged, refused or failed.

The token is of a service account: role Admin to make the data source, else Editor. With
--endpoint the data source is made or updated: the query door of the collector, or the HTTP
port of a ClickHouse server with a read-only user, as Grafana's host reaches it. Without,
it is left as it is. Left out, --password-file keeps the password that Grafana has.

What a person has changed since it was published is refused, with what was changed;
--overwrite replaces it, and moves back what was moved. Never touched: dashboards and rules
of persons, other settings of the data source, the place of a folder, whether a rule is
paused and whom it is sent to. What a person deleted is made again. What comes from files
(dashboards export) cannot be published over.

The exit code is 0 if all is as it should be, 1 if something was refused, failed or the
data source does not answer, and with --dry-run 2 if there is something to write.

Made for Grafana 12.2 with grafana-clickhouse-datasource 4.18; other releases are untried.`,
		Example: "  yunjian-collector dashboards publish --grafana https://grafana.example.cn --token-file token --dry-run\n" +
			"  yunjian-collector dashboards publish --grafana https://grafana.example.cn --token-file token \\\n" +
			"      --endpoint https://collector.example.cn:8123 --user grafana --password-file password",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := given.read(&want); err != nil {
				return err
			}
			var err error
			if want.Dashboards, err = dashboards.Dashboards(); err != nil {
				return err
			}
			if want.Alerts, err = dashboards.Alerts(); err != nil {
				return err
			}
			if !o.json {
				want.Progress = func(c dashboards.Change) { printChange(cmd.OutOrStdout(), c) }
			}
			report, err := dashboards.Publish(cmd.Context(), given.grafana, want)
			if report != nil {
				if err := printPublication(cmd.OutOrStdout(), report, o.json); err != nil {
					return err
				}
			}
			switch {
			case err != nil:
				return err
			case report.Count(dashboards.Refused)+report.Count(dashboards.Failed) > 0 || !report.Healthy:
				return errSilent
			case report.DryRun && report.Pending() > 0:
				return errPending
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&given.grafana.URL, "grafana", "", "address of Grafana, as a browser opens it (required)")
	f.StringVar(&given.tokenFile, "token-file", "", "file with the token of a service account (required)")
	f.StringVar(&given.caFile, "ca-file", "", "certificates (PEM) that are trusted for Grafana, instead of the system's")
	f.BoolVar(&given.grafana.AllowPlainHTTP, "allow-plain-http", false, "send the token over plain http to another host")
	f.StringVar(&given.source.Endpoint, "endpoint", "", "http(s)://HOST:PORT[/PATH] of the collector's query door or of a ClickHouse server")
	f.StringVar(&given.source.User, "user", "grafana", "read-only user of the endpoint")
	f.StringVar(&given.passwordFile, "password-file", "", "file with the password of that user")
	f.StringVar(&given.source.Database, "database", "yunjian", "database")
	f.StringVar(&given.sourceCA, "endpoint-ca-file", "", "certificates (PEM) that Grafana is to trust for the endpoint")
	f.StringVar(&want.Parent, "parent-folder", "", "UID of the folder in which new folders are made")
	f.BoolVar(&want.Overwrite, "overwrite", false, "replace what persons have changed as well")
	f.BoolVar(&want.DryRun, "dry-run", false, "write nothing; say what would be written and how it differs")
	for _, name := range []string{"grafana", "token-file"} {
		_ = cmd.MarkFlagRequired(name) // they are defined above
	}
	return cmd
}

// read reads the files that the flags name.
func (f *publishFlags) read(want *dashboards.Publication) (err error) {
	if f.grafana.Token, err = secretOf("token-file", f.tokenFile); err != nil {
		return err
	}
	if f.caFile != "" {
		if f.grafana.CA, err = os.ReadFile(f.caFile); err != nil {
			return fmt.Errorf("--ca-file: %w", err)
		}
	}
	if f.source.Endpoint == "" {
		if f.passwordFile != "" || f.sourceCA != "" {
			return fmt.Errorf("--password-file and --endpoint-ca-file belong to --endpoint, which is not given")
		}
		return nil
	}
	if f.passwordFile != "" {
		if f.source.Password, err = secretOf("password-file", f.passwordFile); err != nil {
			return err
		}
	}
	if f.sourceCA != "" {
		if f.source.CA, err = os.ReadFile(f.sourceCA); err != nil {
			return fmt.Errorf("--endpoint-ca-file: %w", err)
		}
	}
	want.Source = &f.source
	return nil
}

// secretOf is the line in a file.
func secretOf(flag, name string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("--%s: %q must hold one line, the secret", flag, name)
	}
	return secret, nil
}

// shownDifferences is how many differences of an object are printed; --json has all.
const shownDifferences = 20

func printChange(w io.Writer, c dashboards.Change) {
	line := fmt.Sprintf("%-9s  %-11s  %s  %s", c.Action, c.Kind, c.UID, c.Title)
	if c.Reason != "" {
		line += ": " + c.Reason
	}
	fmt.Fprintln(w, line)
	for i, d := range c.Diff {
		if i == shownDifferences {
			fmt.Fprintf(w, "    … and %d more (--json has all)\n", len(c.Diff)-i)
			return
		}
		fmt.Fprintln(w, "    "+d.Text())
	}
}

func printPublication(w io.Writer, r *dashboards.Report, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, "note:", note)
	}
	var counts []string
	for _, action := range []dashboards.Action{dashboards.Created, dashboards.Updated, dashboards.Deleted, dashboards.Unchanged, dashboards.Refused, dashboards.Failed} {
		counts = append(counts, fmt.Sprintf("%d %s", r.Count(action), action))
	}
	fmt.Fprintf(w, "Grafana %s: %s\n", r.GrafanaVersion, strings.Join(counts, ", "))
	if r.DryRun {
		fmt.Fprintln(w, "a dry run: nothing was written")
	}
	if r.Health != "" {
		fmt.Fprintln(w, r.Health)
	}
	return nil
}
