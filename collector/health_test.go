package collector

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// checkTells lets a server look at itself and store the states, and says what is wrong
// with what it has stored.
func checkTells(t *testing.T, s *Server) {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	look := newLook(s, now.Add(-time.Minute))
	s.metrics.count("requests", "stored", 3)
	s.metrics.count("requests", "unauthorized", 2)
	s.metrics.count("commits", "failed", 1)
	type row struct {
		At                        time.Time
		Uptime                    uint64
		Accepted, Refused, Failed uint64
		Readable                  uint8
	}
	for i := range 2 { // what was told once is not told again
		if err := look.save(t.Context(), now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	var got []row
	err := s.db.Each(t.Context(), `SELECT at, uptime_seconds, requests_accepted, requests_refused, commits_failed, memory_bytes > 0 AND database_bytes > 0 AND disk_free_bytes > 0 AND disk_size_bytes >= disk_free_bytes
		FROM collector_health ORDER BY at`, nil, func(scan func(...any) error) error {
		var r row
		err := scan(&r.At, &r.Uptime, &r.Accepted, &r.Refused, &r.Failed, &r.Readable)
		got = append(got, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []row{{now, 60, 3, 2, 1, 1}, {now.Add(time.Minute), 120, 0, 0, 0, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var states snapshots
	for i, changes := range []bool{true, false, true} {
		before := states
		when := now
		if i == 2 {
			when = now.AddDate(0, 0, 1) // days change what is overdue
		}
		if err := states.refresh(t.Context(), s, when); err != nil {
			t.Fatal(err)
		}
		if changed := states != before; changed != changes {
			t.Errorf("look %d at what was recorded: stored %v; want %v", i, changed, changes)
		}
	}
}
