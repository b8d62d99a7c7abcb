package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/dashboards"
)

func newDashboardsExport(o *options) *cobra.Command {
	var dir string
	var site dashboards.Site
	cmd := &cobra.Command{
		Use: "export --dir DIR", Short: "Write dashboards, data source and alert rules as files that Grafana provisions", Args: cobra.NoArgs,
		Long: `export writes a folder for Grafana's file provisioning: provisioning/ goes where Grafana's
paths.provisioning points, dashboards/ to the folder that --dashboards names on Grafana's
host. Files that are there are replaced; nothing else in DIR is touched. The password of
the data source is not written: Grafana reads it from the environment variable
YUNJIAN_GRAFANA_PASSWORD.`,
		Example: "  yunjian-collector dashboards export --dir ./grafana\n" +
			"  yunjian-collector dashboards export --dir /etc/grafana --host collector.example --tls",
		RunE: func(cmd *cobra.Command, _ []string) error {
			files, err := dashboards.Export(dir, site)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), map[string][]string{"files": files})
			}
			for _, name := range files {
				fmt.Fprintln(cmd.OutOrStdout(), name)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", "", "folder to write to; it is made if it is not there (required)")
	f.StringVar(&site.Dashboards, "dashboards", "/var/lib/grafana/dashboards/yunjian", "folder of the dashboards on Grafana's host")
	f.StringVar(&site.Host, "host", "127.0.0.1", "host of the collector's query door or of a ClickHouse server, as Grafana reaches it")
	f.IntVar(&site.Port, "port", 9921, "HTTP port of it")
	f.BoolVar(&site.TLS, "tls", false, "speak TLS with it")
	f.StringVar(&site.Database, "database", "yunjian", "database")
	f.StringVar(&site.User, "user", "office", "read-only user of it")
	_ = cmd.MarkFlagRequired("dir") // the flag is defined above
	return cmd
}
