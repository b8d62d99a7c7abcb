package logs

import (
	"testing"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// A changed configuration is in force in the next pass, and the ledger notes it.
func TestConfigurationChanges(t *testing.T) {
	f := newFixture(t)
	f.write(authLog, f.lines(40))
	f.pass(0)
	f.write("/etc/logrotate.d/rsyslog", authLog+" {\n  daily\n  rotate 200\n}\n")
	r := f.pass(quarter)
	if p := f.source(r).Policies; len(p) != 1 || p[0].Logrotate == nil || p[0].Logrotate.Rotate != 200 {
		t.Errorf("policies %+v; want the new stanza", p)
	}
	noted := 0
	for _, e := range r.Document.Events {
		if e.Kind == wire.EventPolicy {
			noted++
		}
	}
	if noted != 1 || len(r.Document.Sources) != 1 {
		t.Errorf("%d changes of policy were noted, %d sources told; want one of each", noted, len(r.Document.Sources))
	}
	f.write("/etc/logrotate.d/other", authLog+" {\n  monthly\n}\n") // read before rsyslog
	if p := f.source(f.pass(quarter)).Policies; len(p) != 1 || p[0].Logrotate == nil || p[0].Logrotate.Cadence != "monthly" {
		t.Errorf("policies %+v; want those of the new file", p)
	}
}

// Nothing that we know of runs logrotate, and yet its state says that it did.
func TestUnknownRunner(t *testing.T) {
	for _, tt := range []struct {
		last string
		want bool // disabled
	}{
		{"2026-11-15-6:25:0", false},
		{"2026-8-15-6:25:0", true},
	} {
		f := newFixture(t)
		f.write(authLog, f.lines(40))
		f.write("/var/lib/logrotate/status", "logrotate state -- version 2\n\""+authLog+"\" "+tt.last+"\n")
		p := f.source(f.pass(0)).Policies
		if len(p) != 1 || p[0].Logrotate == nil || p[0].Logrotate.Disabled != tt.want {
			t.Errorf("last rotation %s: %+v; want disabled %t", tt.last, p[0].Logrotate, tt.want)
		}
	}
}
