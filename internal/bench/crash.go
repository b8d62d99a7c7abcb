package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// crashSenders report during the kills, each the next row once the last is
// acknowledged.
const crashSenders = 64

// crashLoad keeps what was acknowledged.
type crashLoad struct {
	to     *receiver
	fleet  *fleet
	from   int64
	client *http.Client
	broken atomic.Int64 // requests without an answer, or refused, and sent again

	mu    sync.Mutex
	acked map[crashKey]int64 // CPU in millicores
}

type crashKey struct {
	host uint64
	ts   int64
}

// crashSection kills the collector and its engine in turn under load. A sender
// repeats the same request until it is acknowledged. In the end each acknowledged
// row must be there with its value, and no key twice.
func crashSection(ctx context.Context, b *bench) error {
	kills := b.kills
	if b.quick {
		kills = 10
	}
	to, err := b.startCollector(ctx, collectorOptions{window: 50 * time.Millisecond})
	if err != nil {
		return err
	}
	defer func() { to.remove() }()
	l := &crashLoad{
		to: to, fleet: newFleet(crashSenders, "k"), from: time.Now().Add(-72 * time.Hour).Truncate(time.Hour).Unix(), acked: map[crashKey]int64{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crashSenders}, Timeout: 90 * time.Second},
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var senders sync.WaitGroup
	for i := range crashSenders {
		senders.Go(func() { l.send(ctx, running, i) })
	}
	began := time.Now()
	fired, err := b.kill(ctx, to, kills)
	stop()
	senders.Wait()
	if err != nil {
		return err
	}
	lost, double, err := l.check(ctx)
	if err != nil {
		return err
	}
	b.note("%d kills of the collector, %d of the engine in %s; %d rows acknowledged, %d requests broken by a kill and repeated",
		fired[0], fired[1], time.Since(began).Round(time.Second), len(l.acked), l.broken.Load())
	if l.broken.Load() == 0 {
		return errors.New("no kill met a request: the loop proves nothing")
	}
	b.none(fmt.Sprintf("rows lost in %d kills -9", fired[0]+fired[1]), lost)
	b.none(fmt.Sprintf("rows stored twice in %d kills -9", fired[0]+fired[1]), double)
	return nil
}

// kill kills collector and engine in turn, at random moments, and counts both.
func (b *bench) kill(ctx context.Context, to *receiver, kills int) (fired [2]int, err error) {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 3))
	health := "http://" + to.address + "/healthz"
	for n := range kills {
		if err := until(ctx, time.Now().Add(time.Duration(20+random.IntN(600))*time.Millisecond)); err != nil {
			return fired, err
		}
		pids := tree(to.pid())
		if n%2 == 1 && len(pids) > 1 {
			if syscall.Kill(pids[1], syscall.SIGKILL) == nil {
				fired[1]++
			}
		} else {
			to.end(syscall.SIGKILL)
			fired[0]++
			if err := b.runCollector(ctx, to, http.DefaultClient, health, ""); err != nil {
				return fired, err
			}
		}
		if err := to.ready(ctx, http.DefaultClient, health); err != nil {
			return fired, err
		}
		if n%25 == 24 {
			b.say("crash: %d of %d kills", n+1, kills)
		}
	}
	return fired, nil
}

// send reports minute after minute of one host until running ends. What is under
// way then is still answered, so that nothing is stored behind the check.
func (l *crashLoad) send(ctx, running context.Context, i int) {
	f := &fleet{hosts: l.fleet.hosts[i : i+1], totals: l.fleet.totals}
	host := f.hosts[0].id
	for minute := int64(0); running.Err() == nil; minute++ {
		v := f.next(0)
		ts := l.from + minute*60
		f.add(0, ts*1000, &v, false)
		body := f.enc.Bytes()
		for {
			if err := l.to.postWith(ctx, l.client, host, body); err == nil {
				l.mu.Lock()
				l.acked[crashKey{wire.HostKey(provider, host), ts}] = f.totals[wire.CPUUsedCores].Pack(v.totals[wire.CPUUsedCores])
				l.mu.Unlock()
				break
			}
			l.broken.Add(1)
			if until(running, time.Now().Add(20*time.Millisecond)) != nil {
				return
			}
		}
	}
}

// check compares what is stored with what was acknowledged.
func (l *crashLoad) check(ctx context.Context) (lost, double int, err error) {
	s, err := l.to.guest(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	seen := map[crashKey]int64{}
	err = s.Each(ctx, "SELECT host, toInt64(toUnixTimestamp(ts)), toInt64(cpu_used_millicores) FROM usage FINAL", nil, func(scan func(...any) error) error {
		var k crashKey
		var v int64
		if err := scan(&k.host, &k.ts, &v); err != nil {
			return err
		}
		if _, twice := seen[k]; twice {
			double++
		}
		seen[k] = v
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	for k, want := range l.acked {
		if got, ok := seen[k]; !ok || got != want {
			lost++
		}
	}
	return lost, double, buckets(ctx, s, len(seen))
}

// buckets derives all five-minute values: they must count each raw row once.
func buckets(ctx context.Context, s *store.Store, want int) error {
	if _, err := s.Derive(ctx, time.Now().Add(time.Hour)); err != nil {
		return err
	}
	var used uint64
	if err := ask(ctx, s, "SELECT sum(raw_rows) FROM usage_5m FINAL", &used); err != nil {
		return err
	}
	if used != uint64(want) {
		return fmt.Errorf("five-minute values count %d raw rows; %d are stored", used, want)
	}
	return nil
}
