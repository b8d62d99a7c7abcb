package collector

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
)

// Status is what the collector knows of its hosts, tables and work.
type Status struct {
	Hosts          []store.HostStatus  `json:"hosts"`
	Tables         []store.TableStatus `json:"tables"`
	LagSeconds     float64             `json:"derivation_lag_seconds"`
	WaitingCommits uint64              `json:"commits_to_derive"`
	// Late is what came for closed months after their latest closing.
	Late []store.Late `json:"late"`
}

// ReadStatus reads the status from the database. Times are in Shanghai's zone.
func ReadStatus(ctx context.Context, db *store.Store, now time.Time) (s Status, err error) {
	if s.Hosts, err = db.HostStatus(ctx, now); err != nil {
		return s, err
	}
	if s.Tables, err = db.TableStatus(ctx); err != nil {
		return s, err
	}
	if s.Late, err = db.Late(ctx); err != nil {
		return s, err
	}
	lag, waiting, err := db.Lag(ctx, now)
	s.LagSeconds, s.WaitingCommits = lag.Seconds(), waiting
	return s, err
}
