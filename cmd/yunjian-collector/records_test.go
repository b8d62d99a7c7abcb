package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/records"
)

// Records go in whole, once, and a later row takes the place of the one with its key.
func TestRecordsCommands(t *testing.T) {
	d := newDesk(t)
	d.run(t, 0, "inventory", "import", d.write(t, "p.csv", "provider_id,provider_name\np,P\n"))
	load := func(status int, name, text string, more ...string) (string, string) {
		t.Helper()
		return d.run(t, status, append([]string{"records", "import", "--provider", "p", "--kind", "work", d.write(t, name, text)}, more...)...)
	}
	const heads = "月份,工作项目,计划数,完成数,作废\n"
	first := heads + "2026-10,设备巡检,4,3,\n2026-10,日志审计,2,2,\n"
	if out, _ := load(0, "a.csv", first, "--month", "2026-10"); !strings.Contains(out, "a.csv: 2 rows imported") {
		t.Errorf("first import: %q", out)
	}
	if out, _ := load(0, "renamed.csv", first, "--month", "2026-10"); !strings.Contains(out, "imported before, nothing changed") {
		t.Errorf("the same file again: %q", out)
	}
	_, refused := load(1, "b.csv", heads+"2026-10,设备巡检,4,4,\n2026-10,打扫,1,1,\n", "--month", "2026-10")
	if !strings.Contains(refused, `b.csv:3: column "工作项目": "打扫" is no choice`) {
		t.Errorf("a wrong row: %q", refused)
	}
	load(0, "c.csv", heads+"2026-10,设备巡检,4,4,\n2026-10,日志审计,2,2,是\n", "--month", "2026-10")
	set, err := d.db.Records(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	want := []records.Record{{Kind: "work", Key: "2026-10\x1finspection", Values: map[string]string{"month": "2026-10", "item": "inspection", "planned": "4", "done": "4"}}}
	if diff := cmp.Diff(want, set.Of("work")); diff != "" {
		t.Error(diff)
	}
	var files []string
	for _, s := range set.Sources {
		files = append(files, s.File+" "+s.From.String()+" "+s.To.String())
	}
	if diff := cmp.Diff([]string{"a.csv 2026-10 2026-10", "c.csv 2026-10 2026-10"}, files); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--kind", "work", "--provider", "p", "x.csv"}, "give --month"},
		{[]string{"--kind", "services", "--provider", "p", "--month", "2026-10", "x.csv"}, "leave --month and --to out"},
		{[]string{"--kind", "nothing", "--provider", "p", "x.csv"}, "want one of incidents"},
		{[]string{"--kind", "work", "--provider", "p", "--month", "2026-10", "--to", "2026-09", "x.csv"}, "before --month"},
		{[]string{"--kind", "work", "--provider", "q", "--month", "2026-10", d.write(t, "d.csv", heads)}, `no provider \"q\"`},
	} {
		if _, err := d.run(t, 1, append([]string{"records", "import"}, c.args...)...); !strings.Contains(err, c.want) && !strings.Contains(err, strings.ReplaceAll(c.want, `\"`, `"`)) {
			t.Errorf("%v: %q; want %q", c.args, err, c.want)
		}
	}
	out, _ := d.run(t, 0, "--json", "records", "import", "--kind", "work", "--provider", "p", "--month", "2026-11", d.write(t, "none.csv", heads))
	var done []collector.RecordsImported
	if err := json.Unmarshal([]byte(out), &done); err != nil || len(done) != 1 || done[0].Rows != 0 || done[0].Known {
		t.Errorf("--json prints %q, %v", out, err)
	}
}

func TestRecordsTemplate(t *testing.T) {
	d := newDesk(t)
	name := d.dir + "/t.csv"
	d.run(t, 0, "records", "template", "--kind", "work", name)
	out, _ := d.run(t, 0, "records", "template", "--kind", "work")
	data, err := os.ReadFile(name)
	if err != nil || string(data) != out || out != "\ufeff月份*,工作项目*,计划数*,完成数*,证据编号,作废\r\n" {
		t.Errorf("template %q and %q, %v", out, data, err)
	}
}
