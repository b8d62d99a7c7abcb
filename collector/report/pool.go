package report

import (
	"cmp"

	"github.com/yunjian-io/yunjian/collector/records"
)

// PoolRow is one resource of a physical pool: a row of table A2-2.
type PoolRow struct {
	Platform string `json:"platform"` // name
	Pool     string `json:"pool"`
	Resource string `json:"resource"` // vcpu, memory_gib or disk_tib, which is also the unit
	Total    Figure `json:"pool_total"`
	// Allocated may be more than Total: then the pool is oversubscribed, and nothing is Free.
	Allocated Figure `json:"allocated"`
	Free      Figure `json:"free"`
	Ratio     Figure `json:"alloc_ratio"`
	// Oversubscription is allocated over total; None where no more is allocated than there is.
	Oversubscription Figure `json:"oversubscription"`
}

// poolRow computes what follows from the total and what is allocated.
func poolRow(total, allocated float64) PoolRow {
	p := PoolRow{
		Total: Of(total), Allocated: Of(allocated), Free: Of(max(0, total-allocated)), Ratio: Ratio(Of(allocated), Of(total)),
		Oversubscription: Figure{State: None},
	}
	if allocated > total {
		p.Oversubscription = p.Ratio
	}
	return p
}

// pools are the rows that were imported for the month. given is false where no file covers
// it: then nothing was provided.
func (b *builder) pools() (rows []PoolRow, given bool) {
	names := map[string]string{}
	for _, p := range b.in.Platforms {
		names[p.ID] = p.Name
	}
	if !b.in.Records.Covers(records.Pools, b.in.Period) {
		return nil, false
	}
	for _, r := range b.in.Records.Of(records.Pools) {
		if r.Month("month") != b.in.Period {
			continue
		}
		total, _ := r.Number("total") // required of every row
		allocated, _ := r.Number("allocated")
		p := poolRow(total, allocated)
		p.Platform, p.Pool, p.Resource = cmp.Or(names[r.Text("platform")], r.Text("platform")), r.Text("pool"), r.Text("resource")
		rows = append(rows, p)
	}
	return rows, true
}
