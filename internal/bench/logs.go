package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs"
)

// logShape is the host of section logs.
type logShape struct {
	sources, files int
	total          int64 // bytes of all files
	packed         int64 // plain bytes in the archives of the first scan
}

// logsSection measures what watching logs costs: a pass in the steady state, and the
// first scan of archives, in this process with the budget off.
func logsSection(ctx context.Context, b *bench) error {
	shape := logShape{sources: 200, files: 30, total: 20 << 30, packed: 2 << 30}
	if b.quick {
		shape.total, shape.packed = 200<<20, 100<<20
	}
	// One thread of Go code, as in the agent.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if err := b.firstScan(ctx, shape); err != nil {
		return err
	}
	return b.steadyPass(ctx, shape)
}

// firstScan seals archives that were never seen.
func (b *bench) firstScan(ctx context.Context, shape logShape) error {
	root := filepath.Join(b.dir, "archives")
	defer os.RemoveAll(root)
	const files = 16
	for n := range files {
		if err := writeArchive(root, n, shape.packed/files); err != nil {
			return err
		}
	}
	o, err := newObserver(b, root, "state-archives")
	if err != nil {
		return err
	}
	defer o.Close()
	before := ownCPU()
	if _, err := passOnce(ctx, o); err != nil {
		return err
	}
	if left, err := o.Seal(ctx); err != nil || left {
		return fmt.Errorf("seal archives: left %t, %w", left, err)
	}
	used := ownCPU() - before
	// The ceiling of any reader in Go: the same archives, decompressed and dropped.
	floor, err := decompressOnly(root)
	if err != nil {
		return err
	}
	mb := float64(shape.packed) / 1e6
	if packed, err := sizeOf(root); err == nil {
		b.note("the archives are a %.1fth of their plain size", mb*float64(files-1)/files/(float64(packed)/1e6))
	}
	b.least("first scan of gzip archives: plain bytes read, hashed and dated for a second of CPU", "MB/s", mb/used.Seconds(), 300,
		fmt.Sprintf("decompressing alone %s", number(mb/floor.Seconds())))
	return nil
}

// steadyPass looks again and again at a host of which a tenth of the logs grow.
func (b *bench) steadyPass(ctx context.Context, shape logShape) error {
	root := filepath.Join(b.dir, "host")
	defer os.RemoveAll(root)
	b.say("writing %d logs of %d files, %s MB in all", shape.sources, shape.files, number(float64(shape.total)/1e6))
	each := shape.total / int64(shape.sources*shape.files)
	body := newLogBody(each)
	for s := range shape.sources {
		for n := range shape.files {
			if err := body.write(logName(root, s, n), time.Now().AddDate(0, 0, -n-1)); err != nil {
				return err
			}
		}
	}
	o, err := newObserver(b, root, "state-host")
	if err != nil {
		return err
	}
	defer o.Close()
	b.say("first scan")
	began := ownCPU()
	sources, err := passOnce(ctx, o)
	if err != nil {
		return err
	}
	if sources != shape.sources {
		return fmt.Errorf("%d sources were found; want %d", sources, shape.sources)
	}
	if left, err := o.Seal(ctx); err != nil || left {
		return fmt.Errorf("seal: left %t, %w", left, err)
	}
	b.note("first scan of %s MB of plain files: %.1f s of CPU", number(float64(shape.total)/1e6), (ownCPU() - began).Seconds())
	var costs []time.Duration
	var extra int64
	const passes, growing = 9, 20
	for range passes {
		appended := int64(0)
		for s := range growing {
			n, err := appendLine(logName(root, s, 0))
			if err != nil {
				return err
			}
			appended += n
		}
		runtime.GC() // each pass bears its own garbage only
		before, read := ownCPU(), o.Usage().ReadBytes
		if _, err := passOnce(ctx, o); err != nil {
			return err
		}
		costs = append(costs, ownCPU()-before)
		extra = o.Usage().ReadBytes - read - appended
	}
	slices.Sort(costs)
	what := fmt.Sprintf("CPU of a pass over %d sources of %d files, %d of which grew", shape.sources, shape.files, growing)
	u := o.Usage()
	b.most(what, "ms", float64(costs[passes/2].Microseconds())/1000, 50, fmt.Sprintf("%d stats, %d files opened", u.Stats, u.Opens))
	b.most("bytes read beyond the appended ones, for each file that grew", "B", float64(extra)/growing, 1, "once a day the first 1,024 are, too")
	return nil
}

func newObserver(b *bench, root, state string) (*logs.Observer, error) {
	dir := filepath.Join(b.dir, state)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return logs.New(logs.Options{Root: root, Host: "bench", StateDir: dir, Sites: []logs.SiteSource{{Paths: []string{"/data/*/info.log"}, Class: "app-run"}}})
}

func passOnce(ctx context.Context, o *logs.Observer) (sources int, err error) {
	r, err := o.Pass(ctx)
	if err != nil {
		return 0, err
	}
	return len(r.Sources), o.Sent(r)
}

func logName(root string, source, file int) string {
	name := filepath.Join(root, fmt.Sprintf("data/app%03d/info.log", source))
	if file > 0 {
		name += fmt.Sprintf(".%d", file)
	}
	return name
}

// logBody is a day of a log, of which only the date has to be put in.
type logBody struct {
	text  []byte
	dates []int // where the dates stand
}

const dateLength = len(time.DateOnly)

func newLogBody(size int64) *logBody {
	random := rand.New(rand.NewPCG(1, 2))
	b := &logBody{}
	for int64(len(b.text)) < size {
		second := int(int64(len(b.text)) * 86399 / size)
		b.dates = append(b.dates, len(b.text))
		status := 200
		if random.IntN(50) == 0 {
			status = 404
		}
		client := random.IntN(300) // of the few hundred that an application in an office has
		b.text = fmt.Appendf(b.text, "2000-01-01T%02d:%02d:%02d+08:00 app[4711]: GET /api/v1/%s/%d answered %d in %d ms for 10.20.%d.%d\n",
			second/3600, second/60%60, second%60, []string{"orders", "users", "files", "approvals"}[random.IntN(4)], random.IntN(20000), status,
			5+random.IntN(200), client/100, 10+client%100)
	}
	return b
}

func (b *logBody) on(day time.Time) []byte {
	date := day.Format(time.DateOnly)
	for _, at := range b.dates {
		copy(b.text[at:at+dateLength], date)
	}
	return b.text
}

func (b *logBody) write(name string, day time.Time) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, b.on(day), 0o600); err != nil {
		return err
	}
	end := time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, day.Location())
	return os.Chtimes(name, end, end)
}

func writeArchive(root string, n int, size int64) error {
	day := time.Now().AddDate(0, 0, -n-1)
	if n == 0 {
		return newLogBody(size).write(logName(root, 0, 0), day) // the live one
	}
	name := logName(root, 0, n) + ".gz"
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := gzip.NewWriter(f)
	if _, err := w.Write(newLogBody(size).on(day)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Chtimes(name, day, day)
}

// sizeOf is the size of all archives.
func sizeOf(root string) (bytes int64, err error) {
	names, err := filepath.Glob(filepath.Join(root, "data/*/*.gz"))
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	return bytes, err
}

// decompressOnly is the CPU time of reading all archives through the decompressor of
// the standard library.
func decompressOnly(root string) (time.Duration, error) {
	names, err := filepath.Glob(filepath.Join(root, "data/*/*.gz"))
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("find archives: %w", err)
	}
	before := ownCPU()
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return 0, err
		}
		r, err := gzip.NewReader(f)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		f.Close()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	return ownCPU() - before, nil
}

func appendLine(name string) (n int64, err error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	written, err := fmt.Fprintf(f, "%s app[1]: one more line\n", time.Now().Format(time.RFC3339))
	if e := f.Close(); err == nil {
		err = e
	}
	return int64(written), err
}
