package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
)

// TestPrintStores: a line a class, with dashes where nothing is known.
func TestPrintStores(t *testing.T) {
	at := time.Date(2026, 10, 31, 8, 30, 0, 0, time.UTC)
	answered := collector.CentralProbe{Removes: "after 200 d", Oldest: at.AddDate(0, -6, 0), Newest: at}
	answered.Store, answered.Class, answered.Stream, answered.Hosts, answered.Immutable, answered.Reference = "es", "os-auth", "auth", 12, true, "lock"
	silent := collector.CentralProbe{Removes: "unknown"}
	silent.Store, silent.Class, silent.Error = "loki", "os-cron", "it is too busy"
	var out bytes.Buffer
	if err := printProbes(&out, []collector.CentralProbe{answered, silent}); err != nil {
		t.Fatal(err)
	}
	state := collector.CentralState{Kind: "loki", Asked: at, Error: "it is too busy"}
	state.Store, state.Class = "loki", "os-cron"
	if err := printStates(&out, []collector.CentralState{state, {Kind: "elasticsearch", Asked: at, Answered: at, Last: answered.CentralSurvey, Removes: "never"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"es     os-auth  auth    12     2026-05-01 16:30  2026-10-31 16:30  after 200 d  yes: lock",
		"loki   os-cron  —       0      —                 —                 unknown      —          it is too busy",
		"2026-10-31 16:30  —                 0      —          —          it is too busy",
		"2026-10-31 16:30  2026-10-31 16:30  12     never      yes: lock",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

func TestChosenStores(t *testing.T) {
	stores := []collector.CentralStore{{Name: "a"}, {Name: "b"}}
	if got, err := chosen(stores, "b"); err != nil || len(got) != 1 || got[0].Name != "b" {
		t.Errorf("chosen(b) = %+v, %v", got, err)
	}
	if got, err := chosen(stores, ""); err != nil || len(got) != 2 {
		t.Errorf("chosen() = %+v, %v", got, err)
	}
	for _, s := range [][]collector.CentralStore{stores, nil} {
		if _, err := chosen(s, "c"); err == nil {
			t.Errorf("chosen(c) of %d stores is no error", len(s))
		}
	}
}
