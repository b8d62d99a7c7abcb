package wire

import (
	"fmt"
	"strings"
)

// MetricsDoc describes every canonical metric in Markdown; it is the first part of
// docs/metrics.md.
func MetricsDoc() string {
	var b strings.Builder
	b.WriteString("# Metrics of a host\n\nMade from the code by `make docs`. The agent sends these with Prometheus remote write and shows them at `/metrics`. " +
		"A value that could not be read is NaN on the wire and missing in the table; it is never 0. " +
		"`bytes per interval` counts what passed in one measured interval (`yunjian_interval_seconds`); the time of a sample is the start of its interval.\n")
	b.WriteString("\n## Host totals (no labels but `host`): one row of table `usage` for a host and interval\n\n")
	b.WriteString("A request that carries all of them for a host and an instant becomes a row; anything else goes to table `samples`.\n\n")
	b.WriteString("| metric | unit | stored as | meaning |\n|---|---|---|---|\n")
	for _, m := range Totals() {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` Int%d | %s |\n", m.FullName(), m.Unit, m.Stored, m.Bits, m.Help)
	}
	b.WriteString("\n## By mount point or device: table `usage_device`\n\n| metric | label | unit | meaning |\n|---|---|---|---|\n")
	for _, m := range Devices() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.FullName(), m.Label, m.Unit, m.Help)
	}
	b.WriteString("\n## On the page of the agent only\n\n| metric | label | unit | meaning |\n|---|---|---|---|\n")
	fmt.Fprintf(&b, "| `%sprobe_success` | probe | | Whether the probe could read its sources in the last interval (1) or not (0). |\n", Prefix)
	b.WriteString("\nEverything else that Prometheus, node_exporter, Categraf or vmagent send is kept as it came in table `samples`.\n")
	return b.String()
}
