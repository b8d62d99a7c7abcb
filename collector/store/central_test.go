package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// TestCentralSurveys: the last question and the last answer of each class come back as of
// a time, with what was held then.
func TestCentralSurveys(t *testing.T) {
	s := rig.Open(t)
	at := func(hour int) time.Time {
		return time.Now().In(store.Zone()).Truncate(time.Hour).Add(time.Duration(hour-100) * time.Hour)
	}
	from := calendar.DateOf(at(0)).AddDays(-2)
	survey := func(stream string, hour int, problem string) store.CentralSurvey {
		v := store.CentralSurvey{
			CentralLog: store.CentralLog{Store: "es", Provider: "p", Class: "os-auth", Stream: stream}, Kind: "elasticsearch", CheckedAt: at(hour), Error: problem,
			From: from, To: from.AddDays(2), Aliases: []string{"hostname", "ip"},
		}
		if problem == "" {
			v.Hosts, v.Retention, v.Immutable, v.Reference, v.Note, v.QuietOK = 1, retention.Age{Days: 200, SpanDays: 31, Setting: "min_age"}, true, "lock", "hint", true
		}
		return v
	}
	hosts := func(records ...uint64) []store.CentralHost {
		return []store.CentralHost{{Name: "web01", Oldest: at(0).Add(time.Millisecond), Newest: at(1), Records: records}}
	}
	never := survey("b", 3, "")
	never.Retention, never.Immutable, never.Reference, never.QuietOK = retention.Never{}, false, "", false
	unknown := survey("c", 3, "")
	unknown.Retention = nil
	for _, v := range []store.CentralSurvey{survey("a", 1, ""), survey("a", 2, ""), survey("a", 3, "down"), survey("a", 4, "still down"), never, unknown, survey("d", 4, "never answered")} {
		records := hosts(0, 7, 0)
		if v.CheckedAt.Equal(at(1)) {
			records = hosts(1, 1, 1)
		}
		for range 2 { // written twice, read once
			if err := s.SaveCentral(t.Context(), v, records); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := s.CentralSurveys(t.Context(), at(4))
	want := []store.CentralSurvey{survey("a", 2, ""), survey("a", 4, "still down"), never, unknown, survey("d", 4, "never answered")}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := s.CentralSurveys(t.Context(), at(1)); err != nil || len(got) != 1 || !got[0].CheckedAt.Equal(at(1)) {
		t.Errorf("as of the first: %+v, %v", got, err)
	}
	held, err := s.CentralHosts(t.Context(), got[0])
	wantHeld := []store.CentralHeld{{Name: "web01", Oldest: at(0).Add(time.Millisecond), Newest: at(1), Empty: []calendar.Date{from}}}
	if diff := cmp.Diff(wantHeld, held); diff != "" || err != nil {
		t.Errorf("%v held (-want +got):\n%s", err, diff)
	}
	if held, err := s.CentralHosts(t.Context(), got[1]); err != nil || len(held) != 0 {
		t.Errorf("a store that did not answer holds %+v, %v", held, err)
	}
}

// TestHostNames: a host has the names of the inventory and those that its agent reported.
func TestHostNames(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	host := inventory.Host{ID: "i-1", Provider: "p", VCPU: 1, MemoryGiB: 1, EffectiveFrom: date(t, "2026-01-01"), State: "in_service", MachineID: "m1", Instance: "10.0.0.5:9100"}
	if err := s.SaveInventory(t.Context(), store.Import{At: now}, inventory.Batch{Hosts: []inventory.Host{host}}); err != nil {
		t.Fatal(err)
	}
	key := wire.HostKey("p", "i-1")
	rows := &wire.Rows{
		Hosts:      []wire.Host{{Key: key, Provider: "p", ID: "i-1"}},
		Identities: []wire.IdentityRow{{Host: key, Identity: wire.Identity{At: now.Add(-time.Hour), Hostname: "web01", MachineID: "m2"}}, {Host: key, Identity: wire.Identity{At: now.Add(time.Hour), Hostname: "later"}}},
	}
	if err := s.Commit(t.Context(), rows, now); err != nil {
		t.Fatal(err)
	}
	got, err := s.HostNames(t.Context(), now)
	name := func(kind, name string) store.HostName {
		return store.HostName{Provider: "p", HostID: "i-1", Kind: kind, Name: name}
	}
	want := []store.HostName{name("host_id", "i-1"), name("hostname", "web01"), name("instance", "10.0.0.5:9100"), name("machine_id", "m1"), name("machine_id", "m2")}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestLogWritten: the days of the newest records that agents told of, by stream.
func TestLogWritten(t *testing.T) {
	s := rig.Open(t)
	now := time.Now().In(store.Zone()).Truncate(time.Second)
	key := wire.HostKey("p", "h")
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	source := func(key, class, stream string, last time.Time) wire.LogSource {
		return wire.LogSource{Key: key, Streams: []wire.LogStream{{Class: class, Name: stream}}, Segments: []wire.LogSegment{{First: ago(50), Last: last, ModTime: last, Live: true}}}
	}
	document := func(days int, d wire.LogEvidence) wire.EvidenceRow {
		d.At = ago(days)
		return wire.EvidenceRow{Host: key, LogEvidence: d}
	}
	rows := &wire.Rows{
		Hosts: []wire.Host{{Key: key, Provider: "p", ID: "h"}},
		Evidence: []wire.EvidenceRow{
			document(20, wire.LogEvidence{Sources: []wire.LogSource{source("a", "os-login", "wtmp", ago(22)), source("b", "os-auth", "auth", ago(21))}}),
			document(10, wire.LogEvidence{Progress: []wire.LogProgress{{Key: "a", Last: ago(11)}, {Key: "b", Last: ago(10)}}}),
			document(0, wire.LogEvidence{Progress: []wire.LogProgress{{Key: "a", Last: ago(11)}}}),
		},
	}
	if err := s.Commit(t.Context(), rows, now); err != nil {
		t.Fatal(err)
	}
	got, err := s.LogWritten(t.Context(), "os-login", ago(40), now)
	for i := range got {
		slices.SortFunc(got[i].Days, calendar.Date.Compare)
	}
	day := func(days int) calendar.Date { return calendar.DateOf(ago(days)) }
	want := []store.LogWritten{{Provider: "p", HostID: "h", Stream: "wtmp", Days: []calendar.Date{day(22), day(11)}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := s.LogWritten(t.Context(), "os-login", ago(15), ago(15)); err != nil || len(got) != 0 {
		t.Errorf("nothing of these days was known by then: %+v, %v", got, err)
	}
}
