package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"
)

// everything has a field for each type the store uses.
type everything struct {
	I8     int8              `ch:"i8"`
	I16    int16             `ch:"i16"`
	I32    int32             `ch:"i32"`
	I64    int64             `ch:"i64"`
	U8     uint8             `ch:"u8"`
	U16    uint16            `ch:"u16"`
	U32    uint32            `ch:"u32"`
	U64    uint64            `ch:"u64"`
	F64    float64           `ch:"f64"`
	Second time.Time         `ch:"second"`
	Milli  time.Time         `ch:"milli"`
	Day    time.Time         `ch:"day"`
	Text   string            `ch:"text"`
	Low    string            `ch:"low"`
	Maybe  *uint32           `ch:"maybe"`
	List   []string          `ch:"list"`
	Pairs  map[string]string `ch:"pairs"`
	Flag   bool              `ch:"flag"`
}

const everythingTable = `CREATE TABLE everything (
	i8 Int8, i16 Int16, i32 Int32, i64 Int64, u8 UInt8, u16 UInt16, u32 UInt32, u64 UInt64, f64 Float64,
	second DateTime('Asia/Shanghai'), milli DateTime64(3, 'Asia/Shanghai'), day Date,
	text String, low LowCardinality(String), maybe Nullable(UInt32), list Array(String), pairs Map(String, String), flag Bool
) ENGINE = MergeTree ORDER BY u32`

func makeEverything(n int, zone *time.Location) everything {
	at := time.Date(2026, 7, 31, 23, 59, 0, 0, zone).Add(time.Duration(n) * time.Second)
	row := everything{
		I8: int8(n), I16: int16(-n), I32: int32(-n), I64: -int64(n) << 32, U8: uint8(n), U16: uint16(n), U32: uint32(n), U64: ^uint64(n),
		F64: float64(n) / 3, Second: at, Milli: at.Add(time.Duration(n%1000) * time.Millisecond),
		Day:  time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone),
		Text: fmt.Sprintf("主机-%d\x00\n'\\", n), Low: fmt.Sprint("unit ", n%7),
		List: []string{}, Pairs: map[string]string{"k": fmt.Sprint(n)}, Flag: n%2 == 0,
	}
	if n%3 != 0 {
		value := uint32(n)
		row.Maybe = &value
		row.List = []string{fmt.Sprint(n), ""}
	}
	return row
}

func TestEveryTypeComesBackEqual(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, start(t))
	execute(t, conn, everythingTable)
	const rows = 100_000
	want := make([]everything, rows)
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO everything")
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Close()
	for n := range want {
		want[n] = makeEverything(n, zone)
		if err := batch.AppendStruct(&want[n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var got []everything
	if err := conn.Select(t.Context(), &got, "SELECT * FROM everything ORDER BY u32"); err != nil {
		t.Fatal(err)
	}
	if len(got) != rows {
		t.Fatalf("got %d rows, want %d", len(got), rows)
	}
	for n := range want {
		if diff := cmp.Diff(want[n], got[n]); diff != "" {
			t.Fatalf("row %d (-want +got):\n%s", n, diff)
		}
	}
}

func TestQueryParameters(t *testing.T) {
	conn := connect(t, start(t))
	ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{
		"n": "42", "text": `it's "quoted" 主机`, "list": "['a','b']", "when": "2026-08-01 00:00:00",
	}))
	var (
		n    uint64
		text string
		list []string
		when time.Time
	)
	row := conn.QueryRow(ctx, "SELECT {n:UInt64}, {text:String}, {list:Array(String)}, {when:DateTime('Asia/Shanghai')}")
	if err := row.Scan(&n, &text, &list, &when); err != nil {
		t.Fatal(err)
	}
	if n != 42 || text != `it's "quoted" 主机` || when.Unix() != 1785513600 {
		t.Errorf("got %d, %q, %v", n, text, when)
	}
	if diff := cmp.Diff([]string{"a", "b"}, list); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	// Parameters go through statements that are not streamed as well.
	execute(t, conn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	if err := conn.Exec(ctx, "INSERT INTO t SELECT {n:UInt64}"); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(ctx, "SELECT n FROM t WHERE n = {n:UInt64}").Scan(&n); err != nil {
		t.Fatal(err)
	}
}

func TestEmptyAnswerHasColumns(t *testing.T) {
	conn := connect(t, start(t))
	rows, err := conn.Query(t.Context(), "SELECT number AS n, toString(number) AS s FROM numbers(3) WHERE number > 5")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() {
		t.Error("got a row")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"n", "s"}, rows.Columns()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}
