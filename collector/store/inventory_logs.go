package store

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
)

func (s *Store) saveLogSources(ctx context.Context, seq uint64, b inventory.Batch) error {
	rows := b.LogSources
	return save(ctx, s, "inventory_log_sources", seq, rows,
		lows("subject_kind", rows, func(l *inventory.LogSource) string { return l.SubjectKind }),
		texts("subject", rows, func(l *inventory.LogSource) string { return l.Subject }),
		column{"djbh_level", "UInt8", collect(rows, func(l *inventory.LogSource) uint8 { return uint8(l.Level) })},
		lows("status", rows, func(l *inventory.LogSource) string { return l.Status }),
		lows("class", rows, func(l *inventory.LogSource) string { return l.Class }),
		texts("stream", rows, func(l *inventory.LogSource) string { return l.Stream }),
		lows("party", rows, func(l *inventory.LogSource) string { return l.Party }),
		texts("central_store", rows, func(l *inventory.LogSource) string { return l.CentralStore }),
		column{"expires", "Nullable(Date)", collect(rows, func(l *inventory.LogSource) *time.Time { return optionalDay(l.Expires) })})
}

func scanLogSource(scan func(...any) error) (inventory.LogSource, error) {
	var (
		l       inventory.LogSource
		level   uint8
		expires *time.Time
	)
	err := scan(&l.SubjectKind, &l.Subject, &level, &l.Status, &l.Class, &l.Stream, &l.Party, &l.CentralStore, &expires)
	l.Level, l.Expires = int(level), day(expires)
	return l, err
}
