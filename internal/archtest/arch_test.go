package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/yunjian-io/yunjian/"

// allowed names, for each package, the packages of this module it may import.
// A package that is not listed fails the test, so a new one must be placed here.
var allowed = map[string][]string{
	"cmd/yunjian-agent":     {"agent", "agent/logs", "internal/evidence", "internal/sdnotify", "internal/wire", "rules/calendar", "rules/retention"},
	"cmd/yunjian-collector": {"collector", "dashboards", "collector/report", "collector/report/render/docx", "collector/report/render/html", "collector/report/render/pdf", "collector/report/render/xlsx", "internal/evidence", "rules", "rules/calendar", "rules/filing", "rules/proposal", "rules/retention", "rules/rightsize", "rules/rightsize/backtest"},

	"agent":        {"agent/logs", "agent/probe", "agent/push", "agent/spool", "internal/sdnotify", "internal/selfmetrics", "internal/wire"},
	"agent/ledger": {"internal/durable", "internal/wire"},
	"agent/logs": {
		"agent/ledger", "agent/logs/app", "agent/logs/auditd", "agent/logs/container", "agent/logs/journald", "agent/logs/logrotate",
		"agent/logs/rsyslog", "agent/logs/text", "agent/logs/utmp", "agent/logs/liveness", "internal/durable", "internal/wire",
	},
	"agent/logs/app":       {},
	"agent/logs/auditd":    {},
	"agent/logs/container": {},
	"agent/logs/evtx":      {},
	"agent/logs/journald":  {},
	"agent/logs/logrotate": {},
	"agent/logs/rsyslog":   {},
	"agent/logs/text":      {},
	"agent/logs/utmp":      {},
	"agent/logs/liveness":  {},
	"agent/probe":          {"internal/wire"},
	"agent/push":           {"internal/wire"},
	"agent/spool":          {"internal/durable"},

	"collector": {
		"collector/central", "collector/ingest", "collector/inventory", "collector/mail", "collector/records", "collector/replay", "collector/report", "collector/report/ledger", "collector/report/typeface", "collector/sheet", "collector/store",
		"collector/store/engine", "collector/traces", "internal/durable", "internal/sdnotify", "internal/selfmetrics", "internal/evidence", "internal/wire", "rules", "rules/calendar", "rules/dated", "rules/filing", "rules/proposal", "rules/retention", "rules/rightsize", "rules/rightsize/backtest",
	},
	"collector/central":            {"rules/calendar", "rules/retention"},
	"collector/ingest":             {"internal/wire"},
	"collector/inventory":          {"collector/sheet", "rules/calendar"},
	"collector/mail":               {},
	"collector/replay":             {"collector/traces", "internal/wire", "rules/calendar"},
	"collector/report":             {"collector/records", "collector/report/chart", "rules/calendar", "rules/proposal", "rules/rightsize"},
	"collector/report/chart":       {},
	"collector/report/ledger":      {"collector/report", "rules/calendar", "rules/filing"},
	"collector/report/typeface":    {},
	"collector/report/render/docx": {"collector/report", "collector/report/chart", "collector/report/render/page", "collector/report/typeface"},
	"collector/report/render/page": {"collector/report", "collector/report/chart"},
	"collector/report/render/html": {"collector/report", "collector/report/chart"},
	"collector/report/render/pdf":  {"collector/report", "collector/report/chart", "collector/report/render/page", "collector/report/typeface"},
	"collector/report/render/xlsx": {"collector/report"},
	"collector/sheet":              {"rules/calendar"},
	"collector/records":            {"collector/inventory", "collector/sheet", "rules/calendar"},
	"collector/store":              {"collector/inventory", "collector/records", "internal/wire", "rules", "rules/calendar", "rules/filing", "rules/proposal", "rules/retention", "rules/rightsize"},
	"collector/store/engine":       {},
	"collector/traces":             {"rules/calendar"},

	"dashboards": {},

	"rules":           {"rules/calendar"},
	"rules/calendar":  {},
	"rules/retention": {"rules/calendar", "rules/words"},
	"rules/dated":     {"rules/calendar"},
	"rules/filing":    {"rules/calendar"},
	"rules/proposal":  {"rules/calendar", "rules/dated", "rules/rightsize", "rules/words"},
	"rules/rightsize": {"rules", "rules/calendar", "rules/dated", "rules/words"},
	"rules/words":     {},

	"rules/rightsize/backtest": {"rules/calendar", "rules/rightsize"},

	"internal/archtest":    {},
	"internal/bench":       {"dashboards", "agent/logs", "collector/ingest", "collector/store", "collector/store/engine", "internal/peers", "internal/wire"},
	"internal/compare":     {"internal/durable", "internal/peers"},
	"internal/peers":       {},
	"internal/browsertest": {},
	"internal/enginetest":  {"collector/store", "collector/store/engine"},
	"internal/durable":     {},
	"internal/evidence":    {"internal/wire", "rules/calendar", "rules/retention"},
	"internal/e2e":         {},
	"internal/grafanatest": {},
	"internal/screenshots": {"dashboards"},
	"internal/sdnotify":    {},
	"internal/smtptest":    {},
	"internal/selfmetrics": {},
	"internal/wire":        {},
}

// sole names the one package that may import a driver, and why.
var sole = map[string]struct{ owner, why string }{
	"github.com/ClickHouse/clickhouse-go/v2":        {"collector/store", "SQL lives in one place"},
	"github.com/ebitengine/purego":                  {"collector/store/engine", "the engine runs in its own process"},
	"github.com/grafana/grafana-openapi-client-go":  {"dashboards", "Grafana is an output, not a dependency"},
	"github.com/shirou/gopsutil/v3":                 {"agent/probe", "host reads go through the fixture root"},
	"codeberg.org/go-pdf/fpdf":                      {"collector/report/render/pdf", "one writer a format"},
	"github.com/expr-lang/expr":                     {"rules", "one expression language, one place"},
	"google.golang.org/protobuf/encoding/protowire": {"internal/wire", "one codec"},
	"github.com/golang/snappy":                      {"internal/wire", "one codec"},
	"github.com/VictoriaMetrics/metrics":            {"internal/selfmetrics", "it counts ourselves; client_golang describes the host"},
}

// TestImports parses the import clauses itself: the go command then knows which
// files the result depends on, and does not answer from its cache once one changes.
func TestImports(t *testing.T) {
	root := os.DirFS("../..")
	seen := 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || name == "var" || name == "bin") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		seen++
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		may, listed := allowed[pkg]
		if !listed {
			t.Errorf("%s: package %s is not in the table; say what it may import", name, pkg)
		}
		for _, spec := range file.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if local, ok := strings.CutPrefix(imp, module); ok && !slices.Contains(may, local) {
				t.Errorf("%s: %s must not import %s", name, pkg, local)
			}
			for driver, rule := range sole {
				if strings.HasPrefix(imp, driver) && pkg != rule.owner {
					t.Errorf("%s: only %s may import %s: %s", name, rule.owner, driver, rule.why)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no Go file was looked at; is the root right?")
	}
}
