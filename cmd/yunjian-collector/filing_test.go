package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// settled is a desk with an inventory and a configuration that files reports.
func settled(t *testing.T) *desk {
	t.Helper()
	if _, err := collector.FindTypefaces(""); errors.Is(err, collector.ErrNoTypeface) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	d := newDesk(t)
	d.write(t, "collector.yaml", `data_dir: data
log_level: error
providers: [{id: p, secret_file: secret}]
reports:
  out: reports
  recipients:
    - {name: office, role: office, folder: to-office}
    - {name: archive, role: office}
`)
	now := time.Now()
	for i, f := range []struct{ name, text string }{
		{"providers.csv", "provider_id,provider_name\np,天府云\n"},
		{"platforms.csv", "platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n"},
		{"units.csv", "unit_code,unit_name\nN-1,U\n"},
		{"systems.csv", "system_id,system_name,unit_code,platform_id,status\ns,S,N-1,c,running\n"},
		{"hosts.csv", "host_id,system_id,platform_id,provider_id,vcpu,memory_gib,effective_from,state,owner\na,s,c,p,8,16,2020-01-01,in_service,unit\n"},
		{"exemptions.csv", "subject_kind,subject,kind,reason,approver,expires\ninformation_system,s,standby,灾备系统,领导小组办公室,2020-03-31\n"},
	} {
		done, err := collector.ImportInventory(t.Context(), d.db.Store, collector.InventoryFile{Name: f.name, Data: []byte(f.text)}, now.Add(time.Duration(i)*time.Microsecond))
		if err != nil || len(done.Problems) > 0 {
			t.Fatal(err, done.Problems)
		}
	}
	return d
}

func (d *desk) says(t *testing.T, want string, status int, args ...string) {
	t.Helper()
	if out, errOut := d.run(t, status, args...); !strings.Contains(out+errOut, want) {
		t.Errorf("%v says\n%s%s\nwant %q", args, out, errOut, want)
	}
}

// marked reports whether a PDF is marked as a draft: its subject names the marks that stand
// across its pages, where a reader of text finds them letter by letter.
func marked(t *testing.T, name string) bool {
	t.Helper()
	if _, err := exec.LookPath("pdfinfo"); err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	text, err := exec.CommandContext(t.Context(), "pdfinfo", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), "草稿")
}

// TestFilingCommands closes a month and leads its report to the receipt.
func TestFilingCommands(t *testing.T) {
	d := settled(t)
	month := calendar.DateOf(time.Now().In(store.Zone())).CalendarMonth().Prev()
	m := month.String()
	id := "p-" + strings.ReplaceAll(m, "-", "") + "-usage-v1"
	d.says(t, "ends on", 1, "close", "--month", month.Next().String())
	d.says(t, "nothing to correct", 1, "close", "--month", m, "--correct", "x", "--by", "li")
	d.says(t, m+" version 1", 0, "close", "--month", m, "--by", "li")
	d.says(t, "closed already: "+m+" version 1", 0, "close", "--month", m)
	d.says(t, "is closed", 1, "judge", "--month", m)
	d.says(t, `"provider" not set`, 1, "report", "--month", m)
	d.says(t, "no kind of report", 1, "report", "--month", m, "--provider", "p", "--kind", "novel")
	d.says(t, id+".pdf", 0, "report", "--month", m, "--provider", "p")
	folder := filepath.Join(d.dir, "reports", m)
	pdf := filepath.Join(folder, id+".pdf")
	if !marked(t, pdf) {
		t.Error("what nobody has signed is no draft")
	}
	d.says(t, "prepared", 0, "filing", "list")
	d.says(t, "not signed", 1, "filing", "send", id, "--to", "office", "--by", "li")
	d.says(t, "review", 0, "filing", "review", id, "--by", "wang")
	d.says(t, `"by" not set`, 1, "filing", "sign", id)
	d.says(t, id+".docx", 0, "filing", "sign", id, "--by", "zhao")
	if marked(t, pdf) {
		t.Error("what is signed is still marked as a draft")
	}
	first, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	d.says(t, id+".docx", 0, "report", "--month", m, "--provider", "p")
	if again, err := os.ReadFile(pdf); err != nil || string(again) != string(first) {
		t.Errorf("making a signed report again gives another PDF, %v", err)
	}
	d.says(t, "folder", 0, "filing", "send", id, "--to", "office", "--by", "li")
	d.says(t, "already", 0, "filing", "send", id, "--to", "office", "--by", "li")
	d.says(t, "neither folder nor mail", 1, "filing", "send", id, "--to", "archive", "--by", "li")
	d.says(t, "courier", 0, "filing", "send", id, "--to", "archive", "--way", "courier", "--by", "li")
	d.says(t, "R-7", 0, "filing", "receipt", id, "--from", "office", "--no", "R-7", "--by", "li")
	if data, err := os.ReadFile(filepath.Join(d.dir, "to-office", id+".pdf")); err != nil || string(data) != string(first) {
		t.Errorf("the office did not get the signed PDF: %v", err)
	}
	out, _ := d.run(t, 0, "filing", "list", "--json", "--state", "received")
	var rows []filing.Row
	if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != 1 || rows[0].Recipient != "office" || len(rows[0].Files) != 4 {
		t.Errorf("received: %+v, %v", rows, err)
	}
	d.says(t, "SHA-256", 0, "filing", "show", id)
	d.says(t, "give the reason", 1, "close", "--month", m, "--correct", "", "--by", "li")
	d.says(t, m+" version 2", 0, "close", "--month", m, "--correct", "补收数据", "--by", "li")
	d.says(t, "-usage-v2.pdf", 0, "report", "--month", m, "--provider", "p")
	d.ledger(t, m)
}

// ledger prints the ledgers and reads them from the PDF.
func (d *desk) ledger(t *testing.T, month string) {
	t.Helper()
	name := "all-" + strings.ReplaceAll(month, "-", "") + "-ledger-v1"
	for _, provider := range [][]string{nil, {"--provider", "p"}} {
		args := append([]string{"report", "--month", month, "--kind", "ledger"}, provider...)
		if provider != nil {
			name = "p" + strings.TrimPrefix(name, "all")
		}
		out, _ := d.run(t, 0, args...)
		for _, format := range reportFormats() {
			if !strings.Contains(out, name+"."+format) {
				t.Errorf("no %s among\n%s", format, out)
			}
		}
		file := filepath.Join(d.dir, "reports", month, name+".pdf")
		if marked(t, file) {
			t.Error("the ledgers are marked as a draft")
		}
		text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", file, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"报送台账", "时限台账", "豁免台账", "规则版本台账", "工作日历版本", "灾备系统", "low-utilization", "2020年3月31日"} {
			if !strings.Contains(strings.Join(strings.Fields(string(text)), ""), want) {
				t.Errorf("the ledgers lack %q", want)
			}
		}
	}
	if out, _ := d.run(t, 0, "filing", "list"); strings.Contains(out, "ledger") {
		t.Error("the ledger files itself")
	}
	d.says(t, "no such provider", 1, "report", "--month", month, "--kind", "ledger", "--provider", "x")
}
