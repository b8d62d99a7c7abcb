package logs

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// fixture is a host with one log that an observer watches.
type fixture struct {
	t        *testing.T
	root     string
	state    string
	now      time.Time
	observer *Observer
}

const authLog = "/var/log/auth.log"

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, root: t.TempDir(), state: t.TempDir(), now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	f.write("/etc/logrotate.conf", "include /etc/logrotate.d\n")
	f.write("/etc/logrotate.d/rsyslog", authLog+" {\n  weekly\n  rotate 4\n  missingok\n}\n")
	f.write("/etc/crontab", "25 6 * * * root run-parts /etc/cron.daily\n")
	f.write("/etc/cron.daily/logrotate", "#!/bin/sh\nlogrotate /etc/logrotate.conf\n")
	f.restart()
	return f
}

// restart begins a new process on the memory of the last one, which was killed.
func (f *fixture) restart() {
	f.t.Helper()
	if f.observer != nil {
		if err := f.observer.Close(); err != nil {
			f.t.Fatal(err)
		}
	}
	o, err := New(Options{Root: f.root, Host: "i-1", StateDir: f.state, Clock: func() time.Time { return f.now }})
	if err != nil {
		f.t.Fatal(err)
	}
	o.engine.settle = time.Millisecond
	f.observer = o
	f.t.Cleanup(func() { o.Close() })
}

func (f *fixture) at(name string) string { return filepath.Join(f.root, name) }

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) write(name, content string) {
	f.t.Helper()
	f.must(os.MkdirAll(filepath.Dir(f.at(name)), 0o755))
	f.must(os.WriteFile(f.at(name), []byte(content), 0o644))
	f.touch(name)
}

// touch gives a file the time of the fixture.
func (f *fixture) touch(name string) {
	f.t.Helper()
	f.must(os.Chtimes(f.at(name), f.now, f.now))
}

// lines are records of the hours before the present.
func (f *fixture) lines(hours int) string {
	var b strings.Builder
	for h := hours; h > 0; h-- {
		at := f.now.Add(-time.Duration(h) * time.Hour)
		fmt.Fprintf(&b, "%s host sshd[%d]: Accepted publickey for someone from 192.0.2.7 port 4022\n", at.Format(time.RFC3339), h)
	}
	return b.String()
}

func (f *fixture) add(hours int) {
	f.t.Helper()
	file, err := os.OpenFile(f.at(authLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	f.must(err)
	_, err = file.WriteString(f.lines(hours))
	f.must(err)
	f.must(file.Close())
	f.touch(authLog)
}

func (f *fixture) rename(from, to string) {
	f.t.Helper()
	f.must(os.Rename(f.at(from), f.at(to)))
}

func (f *fixture) remove(name string) {
	f.t.Helper()
	f.must(os.Remove(f.at(name)))
}

func (f *fixture) read(name string) []byte {
	f.t.Helper()
	data, err := os.ReadFile(f.at(name))
	f.must(err)
	return data
}

// compress does what gzip does: a new file with the time of the old one.
func (f *fixture) compress(name string) {
	f.t.Helper()
	info, err := os.Stat(f.at(name))
	f.must(err)
	out, err := os.Create(f.at(name + ".gz"))
	f.must(err)
	w := gzip.NewWriter(out)
	_, err = w.Write(f.read(name))
	f.must(err)
	f.must(w.Close())
	f.must(out.Close())
	f.must(os.Chtimes(f.at(name+".gz"), info.ModTime(), info.ModTime()))
	f.remove(name)
}

// pass lets time go by, observes, seals, and returns what the ledger noted.
func (f *fixture) pass(after time.Duration) *Report {
	f.t.Helper()
	f.now = f.now.Add(after)
	r, err := f.observer.Pass(f.t.Context())
	f.must(err)
	f.must(f.observer.Sent(r))
	_, err = f.observer.Seal(f.t.Context())
	f.must(err)
	return r
}

// told is what a report's events say of the log, in the words of a ledger.
func (f *fixture) told(r *Report) (told []string) {
	for _, e := range r.Document.Events {
		switch e.Kind {
		case wire.EventStart, wire.EventCheckpoint, wire.EventFirstSeen, wire.EventSealed, wire.EventPolicy:
			continue
		}
		line := string(e.Kind) + " " + filepath.Base(e.Path)
		if e.Detail != "" {
			line += " -> " + filepath.Base(e.Detail)
		}
		told = append(told, line)
	}
	return told
}

func (f *fixture) source(r *Report) wire.LogSource {
	f.t.Helper()
	for _, s := range r.Sources {
		if s.Path == authLog {
			return s
		}
	}
	f.t.Fatalf("no source %s", authLog)
	return wire.LogSource{}
}

const quarter = 15 * time.Minute

// What happens to logs, and what the ledger says of it. Each case begins with a live
// log that was seen, and with a rotated one that was sealed.
func TestEvents(t *testing.T) {
	const one, two = authLog + ".1", authLog + ".2"
	tests := []struct {
		name string
		do   func(f *fixture)
		want []string
	}{
		{"nothing", func(*fixture) {}, nil},
		{"growth", func(f *fixture) { f.add(1) }, nil},
		{"growth by much", func(f *fixture) { f.add(5000) }, nil},
		{"rotation", func(f *fixture) { f.rename(one, two); f.rename(authLog, one); f.write(authLog, "") }, []string{"rotated auth.log -> auth.log.1"}},
		{"rotation with growth before", func(f *fixture) {
			f.add(2)
			f.rename(one, two)
			f.rename(authLog, one)
			f.add(1)
		}, []string{"rotated auth.log -> auth.log.1"}},
		{"rotation by date", func(f *fixture) { f.rename(authLog, authLog+"-20261123"); f.write(authLog, f.lines(1)) }, []string{"rotated auth.log -> auth.log-20261123"}},
		{"rotation and compression", func(f *fixture) {
			f.rename(one, two)
			f.compress(two)
			f.rename(authLog, one)
		}, []string{"rotated auth.log -> auth.log.1", "compressed auth.log.1 -> auth.log.2.gz"}},
		{"rotation and compression at once", func(f *fixture) {
			f.add(3)
			f.rename(one, two)
			f.rename(authLog, one)
			f.write(authLog, f.lines(1))
			f.compress(one)
		}, []string{"compressed auth.log -> auth.log.1.gz"}},
		{"copy and truncate", func(f *fixture) {
			f.add(2)
			f.rename(one, two)
			f.write(one, string(f.read(authLog)))
			f.must(os.Truncate(f.at(authLog), 0))
		}, []string{"copytruncate auth.log -> auth.log.1"}},
		{"copy and truncate, and on", func(f *fixture) {
			f.rename(one, two)
			f.write(one, string(f.read(authLog)))
			f.must(os.Truncate(f.at(authLog), 0))
			f.add(500)
		}, []string{"copytruncate auth.log -> auth.log.1"}},
		{"copy, compression and truncation", func(f *fixture) {
			f.rename(one, two)
			f.write(one, string(f.read(authLog)))
			f.compress(one)
			f.must(os.Truncate(f.at(authLog), 0))
		}, []string{"copytruncate auth.log -> auth.log.1.gz"}},
		{"moved to another file", func(f *fixture) { f.write(two, string(f.read(one))); f.remove(one) }, []string{"rotated auth.log.1 -> auth.log.2"}},
		{"rotated file deleted", func(f *fixture) { f.remove(one) }, []string{"segment_gone auth.log.1"}},
		{"live file deleted", func(f *fixture) { f.remove(authLog) }, []string{"segment_gone auth.log"}},
		{"both deleted", func(f *fixture) { f.remove(one); f.remove(authLog) }, []string{"segment_gone auth.log", "segment_gone auth.log.1"}},
		{"live file emptied", func(f *fixture) { f.must(os.Truncate(f.at(authLog), 0)) }, []string{"truncated auth.log"}},
		{"live file cut", func(f *fixture) { f.must(os.Truncate(f.at(authLog), 300)) }, []string{"truncated auth.log"}},
		{"live file emptied and grown beyond", func(f *fixture) { f.must(os.Truncate(f.at(authLog), 0)); f.add(900) }, []string{"truncated auth.log"}},
		{"live file replaced by another", func(f *fixture) { f.write("/var/log/.new", f.lines(70)); f.rename("/var/log/.new", authLog) }, []string{"segment_gone auth.log"}},
		{"copy that is not whole", func(f *fixture) {
			whole := f.read(authLog)
			f.write(two, string(whole[:len(whole)-200]))
			f.must(os.Truncate(f.at(authLog), 0))
		}, []string{"truncated auth.log"}},
		{"copy that was altered", func(f *fixture) {
			whole := f.read(authLog)
			whole[len(whole)-40] ^= 1
			f.write(two, string(whole))
			f.must(os.Truncate(f.at(authLog), 0))
		}, []string{"truncated auth.log"}},
		{"compressed, but altered", func(f *fixture) {
			whole := f.read(one)
			whole[len(whole)-40] ^= 1
			f.write(one, string(whole)) // the same file: an edit
			f.compress(one)
		}, []string{"segment_gone auth.log.1"}},
		{"rotated file edited", func(f *fixture) {
			whole := f.read(one)
			whole[len(whole)/2] ^= 1
			f.write(one, string(whole))
		}, []string{"edited auth.log.1"}},
		{"rotated file edited, time put back", func(f *fixture) {
			info, err := os.Stat(f.at(one))
			f.must(err)
			whole := f.read(one)
			whole[5] ^= 1
			f.write(one, string(whole))
			f.must(os.Chtimes(f.at(one), info.ModTime(), info.ModTime()))
		}, []string{"edited auth.log.1"}},
		{"rotated file cut", func(f *fixture) { f.must(os.Truncate(f.at(one), 500)) }, []string{"truncated auth.log.1"}},
		{"rotated file touched", func(f *fixture) { f.touch(one) }, nil},
		{"rights changed", func(f *fixture) { f.must(os.Chmod(f.at(one), 0o600)); f.must(os.Chmod(f.at(authLog), 0o600)) }, nil},
		{"linked", func(f *fixture) { f.must(os.Link(f.at(one), f.at(two))) }, nil},
	}
	for _, restarted := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s, restarted %t", tt.name, restarted), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				f.write(authLog+".1", f.lines(300))
				f.now = f.now.Add(48 * time.Hour)
				f.write(authLog, f.lines(40))
				f.pass(0)
				r := f.pass(quarter)
				if sealed := f.source(r).Segments[0].Sealed; !sealed {
					t.Fatal("the rotated file was not sealed")
				}
				f.now = f.now.Add(time.Minute)
				tt.do(f)
				if restarted {
					f.restart()
				}
				got := f.told(f.pass(quarter))
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("ledger (-want +got):\n%s", diff)
				}
				if again := f.told(f.pass(quarter)); len(again) > 0 {
					t.Errorf("told once more: %q", again)
				}
			})
		}
	}
}

// A second name of the same file, and names that come back, are no loss.
func TestCoverage(t *testing.T) {
	f := newFixture(t)
	f.write(authLog+".1", f.lines(300))
	first := f.now.Add(-300 * time.Hour)
	f.now = f.now.Add(40 * time.Hour)
	f.write(authLog, f.lines(40))
	last := f.now.Add(-time.Hour)
	f.pass(0)
	s := f.source(f.pass(quarter))
	var got []string
	for _, g := range s.Segments {
		got = append(got, fmt.Sprint(filepath.Base(g.Path), " ", g.First.Format(time.DateTime), " ", g.Last.Format(time.DateTime), " live ", g.Live, " sealed ", g.Sealed, " index ", g.Index))
	}
	want := []string{
		fmt.Sprint("auth.log.1 ", first.Format(time.DateTime), " ", first.Add(299*time.Hour).Format(time.DateTime), " live false sealed true index 1"),
		fmt.Sprint("auth.log ", last.Add(-39*time.Hour).Format(time.DateTime), " ", last.Format(time.DateTime), " live true sealed false index 0"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	if len(s.Policies) != 1 || s.Policies[0].Logrotate == nil || s.Policies[0].Logrotate.Rotate != 4 {
		t.Errorf("policies %+v; want the stanza", s.Policies)
	}
	if s.Disk.Size == 0 || s.Rate.P50 == 0 {
		t.Errorf("disk %+v, rate %+v; want both known", s.Disk, s.Rate)
	}
}

// After a rotation the new file is covered from the hand-over, not from its first line.
func TestHandOver(t *testing.T) {
	f := newFixture(t)
	f.write(authLog, f.lines(40))
	f.pass(0)
	f.rename(authLog, authLog+".1")
	f.write(authLog, "")
	f.pass(quarter)
	handed := f.now
	f.now = f.now.Add(72 * time.Hour)
	f.add(1)
	r := f.pass(quarter)
	for _, g := range f.source(r).Segments {
		if g.Live && !g.Begin.Equal(handed) {
			t.Errorf("the live segment begins %s; want %s", g.Begin, handed)
		}
	}
}
