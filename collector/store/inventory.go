package store

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Import describes where an inventory batch comes from.
type Import struct {
	File, SHA256, By string
	At               time.Time
}

// SaveInventory stores a batch that inventory has found whole. No reader sees
// any of it before all of it is there.
func (s *Store) SaveInventory(ctx context.Context, from Import, b inventory.Batch) error {
	seq := uint64(from.At.UnixNano())
	for _, save := range []func(context.Context, uint64, inventory.Batch) error{s.saveParties, s.saveSystems, s.saveHosts, s.saveVolumes, s.saveTerms, s.saveLogSources} {
		if err := save(ctx, seq, b); err != nil {
			return fmt.Errorf("import inventory: %w", err)
		}
	}
	return s.insert(ctx, "inventory_imports", []column{
		{"seq", "UInt64", []uint64{seq}},
		{"imported_at", typeTime, []int64{from.At.Unix()}},
		{"imported_by", "String", []string{from.By}},
		{"file", "String", []string{from.File}},
		{"sha256", "String", []string{from.SHA256}},
		{"rows", "UInt32", []uint32{uint32(b.Len())}},
	})
}

// texts makes a String column of one field of every row.
func texts[Row any](name string, rows []Row, value func(*Row) string) column {
	return column{name, "String", collect(rows, value)}
}

// lows makes a LowCardinality(String) column of one field of every row.
func lows[Row any](name string, rows []Row, value func(*Row) string) column {
	return column{name, typeLow, collect(rows, value)}
}

// save inserts rows of one table with the number of their import.
func save[Row any](ctx context.Context, s *Store, table string, seq uint64, rows []Row, columns ...column) error {
	if len(rows) == 0 {
		return nil
	}
	return s.insert(ctx, table, append([]column{{"seq", "UInt64", repeated(len(rows), seq)}}, columns...))
}

func (s *Store) saveParties(ctx context.Context, seq uint64, b inventory.Batch) error {
	err := save(ctx, s, "inventory_providers", seq, b.Providers,
		texts("id", b.Providers, func(p *inventory.Provider) string { return p.ID }),
		texts("name", b.Providers, func(p *inventory.Provider) string { return p.Name }))
	if err != nil {
		return err
	}
	err = save(ctx, s, "inventory_platforms", seq, b.Platforms,
		texts("id", b.Platforms, func(p *inventory.Platform) string { return p.ID }),
		texts("name", b.Platforms, func(p *inventory.Platform) string { return p.Name }),
		lows("kind", b.Platforms, func(p *inventory.Platform) string { return p.Kind }),
		texts("provider", b.Platforms, func(p *inventory.Platform) string { return p.Provider }))
	if err != nil {
		return err
	}
	return save(ctx, s, "inventory_units", seq, b.Units,
		texts("code", b.Units, func(u *inventory.Unit) string { return u.Code }),
		texts("name", b.Units, func(u *inventory.Unit) string { return u.Name }))
}

func (s *Store) saveSystems(ctx context.Context, seq uint64, b inventory.Batch) error {
	return save(ctx, s, "inventory_systems", seq, b.Systems,
		texts("id", b.Systems, func(v *inventory.System) string { return v.ID }),
		texts("name", b.Systems, func(v *inventory.System) string { return v.Name }),
		texts("unit", b.Systems, func(v *inventory.System) string { return v.Unit }),
		texts("platform", b.Systems, func(v *inventory.System) string { return v.Platform }),
		column{"djbh_level", "UInt8", collect(b.Systems, func(v *inventory.System) uint8 { return uint8(v.Level) })},
		column{"cutover_date", "Nullable(Date)", collect(b.Systems, func(v *inventory.System) *time.Time { return optionalDay(v.Cutover) })},
		lows("status", b.Systems, func(v *inventory.System) string { return v.Status }))
}

func (s *Store) saveHosts(ctx context.Context, seq uint64, b inventory.Batch) error {
	h := b.Hosts
	return save(ctx, s, "inventory_hosts", seq, h,
		column{"host", "UInt64", collect(h, func(v *inventory.Host) uint64 { return wire.HostKey(v.Provider, v.ID) })},
		texts("provider", h, func(v *inventory.Host) string { return v.Provider }),
		texts("host_id", h, func(v *inventory.Host) string { return v.ID }),
		texts("platform", h, func(v *inventory.Host) string { return v.Platform }),
		texts("system", h, func(v *inventory.Host) string { return v.System }),
		texts("flavor", h, func(v *inventory.Host) string { return v.Flavor }),
		column{"vcpu", "UInt32", collect(h, func(v *inventory.Host) uint32 { return uint32(v.VCPU) })},
		column{"memory_mib", "UInt64", collect(h, func(v *inventory.Host) uint64 { return mebibytes(v.MemoryGiB) })},
		column{"disk_gib", "UInt64", collect(h, func(v *inventory.Host) uint64 { return uint64(math.Round(v.DiskGiB)) })},
		column{"in_service_date", "Nullable(Date)", collect(h, func(v *inventory.Host) *time.Time { return optionalDay(v.InService) })},
		column{"effective_from", typeTime, collect(h, func(v *inventory.Host) int64 { return v.EffectiveFrom.In(Zone()).Unix() })},
		lows("state", h, func(v *inventory.Host) string { return v.State }),
		lows("owner", h, func(v *inventory.Host) string { return v.Owner }),
		texts("machine_id", h, func(v *inventory.Host) string { return v.MachineID }),
		texts("instance", h, func(v *inventory.Host) string { return v.Instance }),
		column{"standby", "UInt8", collect(h, func(v *inventory.Host) uint8 { return flag(v.Standby) })})
}

func (s *Store) saveTerms(ctx context.Context, seq uint64, b inventory.Batch) error {
	err := save(ctx, s, "inventory_flavors", seq, b.Flavors,
		texts("id", b.Flavors, func(f *inventory.Flavor) string { return f.ID }),
		texts("family", b.Flavors, func(f *inventory.Flavor) string { return f.Family }),
		column{"vcpu", "UInt32", collect(b.Flavors, func(f *inventory.Flavor) uint32 { return uint32(f.VCPU) })},
		column{"memory_mib", "UInt64", collect(b.Flavors, func(f *inventory.Flavor) uint64 { return mebibytes(f.MemoryGiB) })},
		column{"price_yuan_month", "Nullable(Decimal(12, 2))", collect(b.Flavors, func(f *inventory.Flavor) *decimal.Decimal {
			if f.PriceYuanMonth == nil {
				return nil
			}
			price := decimal.NewFromFloat(*f.PriceYuanMonth)
			return &price
		})})
	if err != nil {
		return err
	}
	err = save(ctx, s, "inventory_exemptions", seq, b.Exemptions,
		lows("subject_kind", b.Exemptions, func(e *inventory.Exemption) string { return e.SubjectKind }),
		texts("subject", b.Exemptions, func(e *inventory.Exemption) string { return e.Subject }),
		lows("kind", b.Exemptions, func(e *inventory.Exemption) string { return e.Kind }),
		texts("reason", b.Exemptions, func(e *inventory.Exemption) string { return e.Reason }),
		texts("approver", b.Exemptions, func(e *inventory.Exemption) string { return e.Approver }),
		column{"expires", "Date", collect(b.Exemptions, func(e *inventory.Exemption) time.Time { return e.Expires.In(time.UTC) })})
	if err != nil {
		return err
	}
	return save(ctx, s, "inventory_prices", seq, b.Prices,
		texts("provider", b.Prices, func(p *inventory.Price) string { return p.Provider }),
		lows("resource", b.Prices, func(p *inventory.Price) string { return p.Resource }),
		column{"yuan_month", "Decimal(12, 4)", collect(b.Prices, func(p *inventory.Price) decimal.Decimal { return decimal.NewFromFloat(p.YuanMonth) })},
		column{"effective_from", "Date", collect(b.Prices, func(p *inventory.Price) time.Time { return p.EffectiveFrom.In(time.UTC) })})
}

func optionalDay(d calendar.Date) *time.Time {
	if d.IsZero() {
		return nil
	}
	t := d.In(time.UTC)
	return &t
}

func mebibytes(gib float64) uint64 { return uint64(math.Round(gib * 1024)) }

func flag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// Inventory returns what is known now: of a host its last row, of a disk and of a price all.
func (s *Store) Inventory(ctx context.Context) (b inventory.Batch, err error) {
	read := func(name string, row func(scan func(...any) error) error) {
		if err == nil {
			err = s.Each(ctx, query(name), nil, row)
		}
	}
	read("inventory_providers", func(scan func(...any) error) error {
		p := inventory.Provider{}
		defer func() { b.Providers = append(b.Providers, p) }()
		return scan(&p.ID, &p.Name)
	})
	read("inventory_platforms", func(scan func(...any) error) error {
		p := inventory.Platform{}
		defer func() { b.Platforms = append(b.Platforms, p) }()
		return scan(&p.ID, &p.Name, &p.Kind, &p.Provider)
	})
	read("inventory_units", func(scan func(...any) error) error {
		u := inventory.Unit{}
		defer func() { b.Units = append(b.Units, u) }()
		return scan(&u.Code, &u.Name)
	})
	read("inventory_systems", func(scan func(...any) error) error {
		v, level, cutover := inventory.System{}, uint8(0), (*time.Time)(nil)
		if err := scan(&v.ID, &v.Name, &v.Unit, &v.Platform, &level, &cutover, &v.Status); err != nil {
			return err
		}
		v.Level, v.Cutover = int(level), day(cutover)
		b.Systems = append(b.Systems, v)
		return nil
	})
	read("inventory_flavors", func(scan func(...any) error) error {
		f, vcpu, memory, price := inventory.Flavor{}, uint32(0), uint64(0), (*decimal.Decimal)(nil)
		if err := scan(&f.ID, &f.Family, &vcpu, &memory, &price); err != nil {
			return err
		}
		f.VCPU, f.MemoryGiB = int(vcpu), float64(memory)/1024
		if price != nil {
			yuan := price.InexactFloat64()
			f.PriceYuanMonth = &yuan
		}
		b.Flavors = append(b.Flavors, f)
		return nil
	})
	read("inventory_exemptions", func(scan func(...any) error) error {
		e, expires := inventory.Exemption{}, time.Time{}
		if err := scan(&e.SubjectKind, &e.Subject, &e.Kind, &e.Reason, &e.Approver, &expires); err != nil {
			return err
		}
		e.Expires = calendar.DateOf(expires)
		b.Exemptions = append(b.Exemptions, e)
		return nil
	})
	read("inventory_hosts", func(scan func(...any) error) error {
		h, err := scanHost(scan)
		b.Hosts = append(b.Hosts, h)
		return err
	})
	read("inventory_volumes", func(scan func(...any) error) error {
		v, err := scanVolume(scan)
		b.Volumes = append(b.Volumes, v)
		return err
	})
	read("inventory_prices", func(scan func(...any) error) error {
		p, err := scanPrice(scan)
		b.Prices = append(b.Prices, p)
		return err
	})
	read("inventory_log_sources", func(scan func(...any) error) error {
		l, err := scanLogSource(scan)
		b.LogSources = append(b.LogSources, l)
		return err
	})
	return b, err
}

func scanHost(scan func(...any) error) (inventory.Host, error) {
	h := inventory.Host{}
	var vcpu uint32
	var memory, disk uint64
	var inService *time.Time
	var from time.Time
	var standby uint8
	err := scan(&h.Provider, &h.ID, &h.Platform, &h.System, &h.Flavor, &vcpu, &memory, &disk, &inService, &from, &h.State, &h.Owner, &h.MachineID, &h.Instance, &standby)
	h.VCPU, h.MemoryGiB, h.DiskGiB = int(vcpu), float64(memory)/1024, float64(disk)
	h.InService, h.EffectiveFrom, h.Standby = day(inService), calendar.DateOf(from.In(Zone())), standby == 1
	return h, err
}

func day(t *time.Time) calendar.Date {
	if t == nil {
		return calendar.Date{}
	}
	return calendar.DateOf(*t)
}

// Aliases finds the host of a foreign sender by the label instance, as the
// inventory says.
type Aliases map[[2]string]string

// Resolve returns the host id for an instance label, or the label itself.
func (a Aliases) Resolve(provider, instance string) string {
	if id, ok := a[[2]string{provider, instance}]; ok {
		return id
	}
	return instance
}

// Aliases returns the alias table of the inventory.
func (s *Store) Aliases(ctx context.Context) (Aliases, error) {
	a := Aliases{}
	err := s.Each(ctx, query("inventory_aliases"), nil, func(scan func(...any) error) error {
		var provider, instance, id string
		err := scan(&provider, &instance, &id)
		a[[2]string{provider, instance}] = id
		return err
	})
	return a, err
}

// Hosts returns every host that has reported.
func (s *Store) Hosts(ctx context.Context) (out []wire.Host, err error) {
	err = s.Each(ctx, "SELECT DISTINCT host, provider, host_id FROM hosts ORDER BY provider, host_id", nil, func(scan func(...any) error) error {
		var h wire.Host
		err := scan(&h.Key, &h.Provider, &h.ID)
		out = append(out, h)
		return err
	})
	return out, err
}

// SnapshotAllocation writes what is allocated on the day of now, as known now.
// Art. 33 settles by these days; a snapshot taken later on the same day replaces it.
func (s *Store) SnapshotAllocation(ctx context.Context, now time.Time) error {
	ctx = parameters(ctx, map[string]string{"now": strconv.FormatInt(now.Unix(), 10)})
	if err := s.conn.Exec(ctx, query("allocation_snapshot")); err != nil {
		return fmt.Errorf("snapshot allocation: %w", err)
	}
	return nil
}
