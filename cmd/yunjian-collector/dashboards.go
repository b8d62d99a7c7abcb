package main

import "github.com/spf13/cobra"

func newDashboards(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "dashboards", Short: "Grafana's dashboards, data source and alert rules"}
	cmd.AddCommand(newDashboardsExport(o), newDashboardsPublish(o))
	return cmd
}
