package store

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func (s *Store) saveVolumes(ctx context.Context, seq uint64, b inventory.Batch) error {
	rows := b.Volumes
	return save(ctx, s, "inventory_volumes", seq, rows,
		texts("provider", rows, func(v *inventory.Volume) string { return v.Provider }),
		texts("volume_id", rows, func(v *inventory.Volume) string { return v.ID }),
		texts("platform", rows, func(v *inventory.Volume) string { return v.Platform }),
		texts("system", rows, func(v *inventory.Volume) string { return v.System }),
		column{"size_gib", "UInt64", collect(rows, func(v *inventory.Volume) uint64 { return uint64(v.SizeGiB) })},
		texts("host_id", rows, func(v *inventory.Volume) string { return v.Host }),
		column{"effective_from", typeTime, collect(rows, func(v *inventory.Volume) int64 { return v.EffectiveFrom.In(Zone()).Unix() })},
		lows("state", rows, func(v *inventory.Volume) string { return v.State }))
}

func scanVolume(scan func(...any) error) (inventory.Volume, error) {
	var (
		v    inventory.Volume
		size uint64
		from time.Time
	)
	err := scan(&v.Provider, &v.ID, &v.Platform, &v.System, &size, &v.Host, &from, &v.State)
	v.SizeGiB, v.EffectiveFrom = int(size), calendar.DateOf(from.In(Zone()))
	return v, err
}

func scanPrice(scan func(...any) error) (inventory.Price, error) {
	var (
		p    inventory.Price
		yuan decimal.Decimal
		from time.Time
	)
	err := scan(&p.Provider, &p.Resource, &yuan, &from)
	p.YuanMonth, p.EffectiveFrom = yuan.InexactFloat64(), calendar.DateOf(from)
	return p, err
}
