package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// diskRun is one shape of section disk: the same host-minutes into our
// collector and into VictoriaMetrics.
type diskRun struct {
	name       string
	hosts      int
	days       int
	minutes    int // of a day
	ours, peer float64
}

func diskSection(ctx context.Context, b *bench) error {
	runs := []*diskRun{{name: "one day", hosts: 500, days: 1, minutes: 1440}, {name: "10 days", hosts: 100, days: 10, minutes: 1440}}
	if b.quick {
		runs = []*diskRun{{name: "one day", hosts: 20, days: 1, minutes: 1440}}
	}
	for _, r := range runs {
		if err := b.disk(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		what := fmt.Sprintf("disk per host-minute after merge, %s of %d hosts", r.name, r.hosts)
		b.most(what, "B", r.ours, 8, fmt.Sprintf("VictoriaMetrics %s (data and index)", number(r.peer)))
	}
	return b.deviceDisk(ctx)
}

// disk sends days of a fleet to both receivers, a day of a host in a request,
// and weighs what is there after the merge.
func (b *bench) disk(ctx context.Context, r *diskRun) error {
	ours, err := b.startCollector(ctx, collectorOptions{window: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	defer ours.remove()
	peer, err := b.startVictoria(ctx)
	if err != nil {
		return err
	}
	defer peer.remove()
	f := newFleet(r.hosts, "d")
	// All days lie in one month, so that they are in one partition.
	first := time.Now().In(store.Zone()).AddDate(0, 0, -r.days-1)
	if first.Day()+r.days > 28 {
		first = first.AddDate(0, 0, -r.days-4)
	}
	from := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, store.Zone()).Unix()
	steps := make([]values, r.minutes)
	sending, sendCtx := errgroup.WithContext(ctx)
	sending.SetLimit(16)
	for day := range r.days {
		begin := from + int64(day)*86400
		for i := range f.hosts {
			for k := range steps {
				steps[k] = f.next(i)
			}
			body := f.series(i, begin, steps)
			sending.Go(func() error { return ours.post(sendCtx, f.hosts[i].id, body) })
			sending.Go(func() error { return peer.post(sendCtx, "", body) })
		}
	}
	if err := sending.Wait(); err != nil {
		return err
	}
	minutes := float64(r.hosts * r.days * r.minutes)
	if r.ours, err = b.merged(ctx, ours, "usage", minutes); err != nil {
		return err
	}
	r.peer, err = victoriaBytes(ctx, peer, minutes)
	return err
}

// post sends one request and wants it acknowledged.
func (r *receiver) post(ctx context.Context, host string, body []byte) error {
	return r.postWith(ctx, http.DefaultClient, host, body)
}

func (r *receiver) postWith(ctx context.Context, client *http.Client, host string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.address+wire.PathWrite, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Encoding", "snappy")
	request.Header.Set("Content-Type", "application/x-protobuf")
	if r.token != nil {
		token, err := r.token(host)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("post to %s: %w", r.name, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("post to %s: %w", r.name, err)
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("post to %s: %s: %.200s", r.name, answer.Status, text)
	}
	return nil
}

// merged merges a table to one part a partition and returns its bytes per
// host-minute. It is an error if the rows are not those that were sent.
func (b *bench) merged(ctx context.Context, r *receiver, table string, want float64) (float64, error) {
	s, err := r.guest(ctx)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if err := s.Exec(ctx, "OPTIMIZE TABLE "+table+" FINAL"); err != nil {
		return 0, err
	}
	rows, bytes, err := tableSize(ctx, s, table)
	if err != nil {
		return 0, err
	}
	if table == "usage" && float64(rows) != want {
		return 0, fmt.Errorf("%d rows are stored; %.0f were sent", rows, want)
	}
	text, err := columnBytes(ctx, s, table)
	b.note("%s, bytes a value by column: %s", table, text)
	return float64(bytes) / want, err
}

// tableSize is what the active parts of a table hold and take on disk.
func tableSize(ctx context.Context, s *store.Store, table string) (rows, bytes uint64, err error) {
	err = ask(ctx, s, "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() AND table = '"+table+"'", &rows, &bytes)
	return rows, bytes, err
}

// ask reads one row.
func ask(ctx context.Context, s *store.Store, text string, to ...any) error {
	return s.Each(ctx, text, nil, func(scan func(...any) error) error { return scan(to...) })
}

// victoriaBytes makes VictoriaMetrics write and merge everything, and weighs its
// folder.
func victoriaBytes(ctx context.Context, r *receiver, minutes float64) (float64, error) {
	for _, path := range []string{"/internal/force_flush", "/internal/force_merge"} {
		if ok, err := answers(ctx, http.DefaultClient, "http://"+r.address+path); !ok {
			return 0, fmt.Errorf("VictoriaMetrics does not answer %s: %w", path, err)
		}
		r.settle(ctx, time.Minute)
	}
	// What is still in memory goes to disk when it ends.
	r.stop()
	bytes, err := folderBytes(filepath.Join(r.dir, "data"))
	return float64(bytes) / minutes, err
}

// deviceDisk weighs table usage_device by sending the agent's whole body.
func (b *bench) deviceDisk(ctx context.Context) error {
	hosts, minutes := 100, 1440
	if b.quick {
		hosts = 10
	}
	r, err := b.startCollector(ctx, collectorOptions{window: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	defer r.remove()
	f := newFleet(hosts, "e")
	from := time.Now().Add(-48 * time.Hour).Truncate(24 * time.Hour).Unix()
	var rows int
	for i := range f.hosts {
		for m := range minutes {
			v := f.next(i)
			f.add(i, (from+int64(m)*60)*1000, &v, true)
			rows += len(v.devices)
		}
		if err := r.post(ctx, f.hosts[i].id, f.enc.Bytes()); err != nil {
			return err
		}
	}
	each, err := b.merged(ctx, r, "usage_device", float64(hosts*minutes))
	if err != nil {
		return err
	}
	b.most("  and in usage_device, 11 series a host", "B", each, 0, fmt.Sprintf("%s B a value", number(each*float64(hosts*minutes)/float64(rows))))
	return nil
}
