package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Clients that come, ask, insert, err and go away at any moment never bring the
// engine down, and leave no torn batch and no session that is set wrongly.
// YUNJIAN_STRESS sets for how long (a Go duration).
func TestClientsComeAndGo(t *testing.T) {
	length := 3 * time.Second
	if text := os.Getenv("YUNJIAN_STRESS"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		length = d
	}
	e := start(t)
	conn := connect(t, e)
	execute(t, conn, "CREATE TABLE t (writer UInt8, n UInt64) ENGINE = MergeTree ORDER BY (writer, n)")
	ctx := t.Context()
	until, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var (
		all sync.WaitGroup
		mu  sync.Mutex
	)
	outcomes := map[string]int{}
	note := func(what string, err error) {
		var exception *clickhouse.Exception
		switch {
		case err == nil:
			what += " done"
		case errors.As(err, &exception):
			what += fmt.Sprint(" code ", exception.Code)
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
			what += " abandoned"
		case strings.Contains(err.Error(), "acquire conn timeout"):
			what += " crowded out"
		default:
			t.Errorf("%s: %v", what, err)
		}
		mu.Lock()
		defer mu.Unlock()
		outcomes[what]++
	}
	for worker := range uint8(8) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 7))
			for until.Err() == nil {
				what, err := oneVisit(ctx, conn, random, worker)
				note(what, err)
			}
		})
	}
	all.Wait()
	t.Log(outcomes)
	if n := e.Restarts(); n != 0 {
		t.Fatalf("the engine died %d times", n)
	}
	c := rawClient(t, e)
	if got := c.must("SELECT count() FROM (SELECT writer, count() AS c FROM t GROUP BY writer HAVING c % 700 != 0)"); got != "0\n" {
		t.Errorf("%s writers have a torn batch", got)
	}
	for range 20 {
		got := c.post(url.Values{}, strings.NewReader("SELECT getSetting('max_threads'), getSetting('max_block_size'), currentDatabase()"))
		if got.body != "2\t65409\tdefault\n" {
			t.Fatalf("a session was left with %q", got.body)
		}
	}
}

// oneVisit does one thing at random, for a time that often ends too early.
func oneVisit(ctx context.Context, conn clickhouse.Conn, random *rand.Rand, worker uint8) (what string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(1+random.IntN(60))*time.Millisecond)
	defer cancel()
	switch random.IntN(5) {
	case 0:
		return "insert", insertNumbers(ctx, conn, worker, 700)
	case 1:
		return "error", conn.Exec(ctx, "SELECT throwIf(number = 300000) FROM numbers(1000000) FORMAT Null")
	case 2:
		ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 1000 + random.IntN(5), "max_threads": 1}))
		var n uint64
		return "aggregate", conn.QueryRow(ctx, "SELECT sum(sipHash64(number)) FROM numbers(3000000)").Scan(&n)
	case 3:
		return "copy", conn.Exec(ctx, "INSERT INTO FUNCTION null('n UInt64') SELECT number FROM numbers(5000000)")
	default:
		rows, err := conn.Query(ctx, "SELECT number FROM numbers(2000000)")
		if err != nil {
			return "rows", err
		}
		defer rows.Close()
		for rows.Next() {
			if random.IntN(200_000) == 0 {
				cancel()
			}
		}
		return "rows", rows.Err()
	}
}
