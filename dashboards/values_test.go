package dashboards_test

import (
	"reflect"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// newValue is a place for a value of a column.
func newValue(c driver.ColumnType) any { return reflect.New(c.ScanType()).Interface() }
