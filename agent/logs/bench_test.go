package logs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// fleet lays out sources with files each under root, and returns the site's list.
func fleet(b *testing.B, root string, sources, files, size int) []SiteSource {
	b.Helper()
	now := time.Now()
	for s := range sources {
		dir := filepath.Join(root, fmt.Sprintf("data/app%03d", s))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		for n := range files {
			var text bytes.Buffer
			at := now.AddDate(0, 0, -n-1)
			for text.Len() < size {
				at = at.Add(24 * time.Hour / time.Duration(size/100+1))
				fmt.Fprintf(&text, "%s app%03d[%d]: request %d answered, nothing else to say here\n", at.Format(time.RFC3339), s, n, text.Len())
			}
			name := filepath.Join(dir, "info.log")
			if n > 0 {
				name += fmt.Sprintf(".%d", n)
			}
			if n > 1 {
				var packed bytes.Buffer
				w := gzip.NewWriter(&packed)
				if _, err := w.Write(text.Bytes()); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				name, text = name+".gz", packed
			}
			if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
				b.Fatal(err)
			}
			at = now.AddDate(0, 0, -n)
			if err := os.Chtimes(name, at, at); err != nil {
				b.Fatal(err)
			}
		}
	}
	return []SiteSource{{Paths: []string{"/data/*/info.log"}, Class: "app-run"}}
}

// BenchmarkSteadyPass is a pass over 200 sources of 30 files, a tenth of which grew.
func BenchmarkSteadyPass(b *testing.B) {
	root := b.TempDir()
	sites := fleet(b, root, 200, 30, 4<<10)
	o, err := New(Options{Root: root, Host: "i-1", StateDir: b.TempDir(), Sites: sites})
	if err != nil {
		b.Fatal(err)
	}
	defer o.Close()
	pass := func() {
		r, err := o.Pass(b.Context())
		if err == nil {
			err = o.Sent(r)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	pass()
	if left, err := o.Seal(b.Context()); left || err != nil {
		b.Fatal(left, err)
	}
	pass()
	if n := len(o.engine.sources); n != 200 {
		b.Fatalf("%d sources", n)
	}
	before := o.Usage().ReadBytes
	appended := 0
	for b.Loop() {
		b.StopTimer()
		for s := range 20 {
			f, err := os.OpenFile(filepath.Join(root, fmt.Sprintf("data/app%03d/info.log", s)), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				b.Fatal(err)
			}
			n, err := fmt.Fprintf(f, "%s app: one more\n", time.Now().Format(time.RFC3339))
			if err != nil {
				b.Fatal(err)
			}
			appended += n
			f.Close()
		}
		b.StartTimer()
		pass()
	}
	b.ReportMetric(float64(o.Usage().ReadBytes-before-int64(appended))/float64(b.N)/20, "extra-B/file")
	b.ReportMetric(float64(o.Usage().Stats), "stats")
	b.ReportMetric(float64(o.Usage().Opens), "opens")
}

// BenchmarkFirstScan enters and seals 200 sources of 30 files that were never seen.
func BenchmarkFirstScan(b *testing.B) {
	root := b.TempDir()
	sites := fleet(b, root, 200, 30, 32<<10)
	for b.Loop() {
		o, err := New(Options{Root: root, Host: "i-1", StateDir: b.TempDir(), Sites: sites})
		if err != nil {
			b.Fatal(err)
		}
		r, err := o.Pass(b.Context())
		if err == nil {
			err = o.Sent(r)
		}
		if err != nil {
			b.Fatal(err)
		}
		if left, err := o.Seal(b.Context()); left || err != nil {
			b.Fatal(left, err)
		}
		o.Close()
	}
}
