package store

import (
	"context"
	"time"
)

// HostStatus is when a host last reported and whether the inventory knows it.
type HostStatus struct {
	Provider    string    `json:"provider"`
	HostID      string    `json:"host"`
	Hostname    string    `json:"hostname,omitempty"`
	Agent       string    `json:"agent_version,omitempty"`
	LastReport  time.Time `json:"last_report,omitzero"` // start of the last interval
	InInventory bool      `json:"in_inventory"`
	System      string    `json:"system,omitempty"`
	// Conflict says that boots interleave under the host id: two machines use it,
	// as clones of one image do.
	Conflict bool `json:"conflict,omitempty"`
}

// HostStatus returns every host that has reported or is allocated now, by provider and id.
func (s *Store) HostStatus(ctx context.Context, now time.Time) (out []HostStatus, err error) {
	err = s.Each(ctx, query("status_hosts"), map[string]any{"now": now}, func(scan func(...any) error) error {
		var h HostStatus
		var known, conflict uint8
		if err := scan(&h.Provider, &h.HostID, &h.Hostname, &h.Agent, &h.LastReport, &known, &h.System, &conflict); err != nil {
			return err
		}
		if h.LastReport.Unix() <= 0 {
			h.LastReport = time.Time{}
		}
		if !h.LastReport.IsZero() {
			h.LastReport = h.LastReport.In(Zone())
		}
		h.InInventory, h.Conflict = known == 1, conflict == 1
		out = append(out, h)
		return nil
	})
	return out, err
}

// TableStatus is the size of one table.
type TableStatus struct {
	Name  string `json:"name"`
	Rows  uint64 `json:"rows"`
	Bytes uint64 `json:"bytes"` // on disk, compressed
	Parts uint64 `json:"parts"`
}

// TableStatus returns the tables that hold something.
func (s *Store) TableStatus(ctx context.Context) (out []TableStatus, err error) {
	err = s.Each(ctx, query("status_tables"), nil, func(scan func(...any) error) error {
		var t TableStatus
		err := scan(&t.Name, &t.Rows, &t.Bytes, &t.Parts)
		out = append(out, t)
		return err
	})
	return out, err
}
