package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// host builds one root tree. The first error stops it and is kept.
type host struct {
	root string
	now  time.Time // in the zone of the host
	err  error
}

// zone is that of the hosts; Shanghai has had no daylight saving since 1991.
func zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// keep adds to the error of the host.
func (h *host) keep(err error) { h.err = errors.Join(h.err, err) }

// file writes a file. The name is relative to the root.
func (h *host) file(name, text string) { h.put(name, []byte(text), 0o644, h.now.AddDate(-1, 0, 0)) }

func (h *host) put(name string, data []byte, mode fs.FileMode, modified time.Time) {
	if h.err != nil {
		return
	}
	at := filepath.Join(h.root, name)
	h.keep(os.MkdirAll(filepath.Dir(at), 0o755))
	h.keep(os.WriteFile(at, data, mode))
	h.keep(os.Chtimes(at, modified, modified))
}

func (h *host) folder(name string) { h.keep(os.MkdirAll(filepath.Join(h.root, name), 0o755)) }

func (h *host) link(name, target string) {
	at := filepath.Join(h.root, name)
	h.keep(os.MkdirAll(filepath.Dir(at), 0o755))
	h.keep(os.Symlink(target, at))
}

// adm gives a log to the group adm, as rsyslog and auditd do on Debian, if this process
// may.
func (h *host) adm(name string) {
	const adm = 4
	if h.err == nil && os.Geteuid() == 0 {
		h.keep(os.Chown(filepath.Join(h.root, name), 0, adm))
	}
}

// chain is a log with its rotated files.
type chain struct {
	path string // of the live log, relative to the root
	// record makes the text of a record; they are numbered from 1, the oldest.
	record func(at time.Time, number int) string
	// every is the time between two records.
	every time.Duration
	// bounds are the instants at which it was rotated, the newest first; the first
	// record of all is at the last of them.
	bounds []time.Time
	// plain leaves all rotated files uncompressed, as auditd does.
	plain bool
}

// write makes the live log, .1, and .2.gz and so on, as logrotate does with compress
// and delaycompress.
func (h *host) write(c chain) {
	until, oldest := h.now.Add(-time.Minute), c.bounds[len(c.bounds)-1]
	record := func(at time.Time) string { return c.record(at, int(at.Sub(oldest)/c.every)+1) }
	var text []byte // used again for each file
	for i, from := range c.bounds {
		name, last := c.path, from
		text = text[:0]
		for at := from; at.Before(until); at = at.Add(c.every) {
			text, last = append(text, record(at)...), at
		}
		if i == 0 { // the writer is alive
			text, last = append(text, record(until)...), until
		}
		data := text
		if i > 0 {
			name = fmt.Sprintf("%s.%d", c.path, i)
		}
		if i > 1 && !c.plain {
			name, data = name+".gz", h.compress(text)
		}
		h.put(name, data, 0o640, last)
		h.adm(name)
		until = from
	}
}

func (h *host) compress(data []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	h.keep(err)
	_, err = w.Write(data)
	h.keep(err)
	h.keep(w.Close())
	return out.Bytes()
}

// lastRun is the midnight of the last run of logrotate's timer, which may be an hour
// late.
func (h *host) lastRun() time.Time {
	at := h.now.Add(-90 * time.Minute)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}

// daily are the instants of rotation of a log with so many rotated files, weekly those
// of one that is rotated on Sundays.
func (h *host) daily(files int) []time.Time { return back(h.lastRun(), files, 1) }

func (h *host) weekly(files int) []time.Time {
	last := h.lastRun()
	return back(last.AddDate(0, 0, -int(last.Weekday())), files, 7)
}

func back(last time.Time, files, days int) (bounds []time.Time) {
	for i := range files + 1 {
		bounds = append(bounds, last.AddDate(0, 0, -i*days))
	}
	return bounds
}

// The records are those of Debian 12: ISO 8601 with the offset.
const stamp = "2006-01-02T15:04:05.000000-07:00"

func authRecord(at time.Time, number int) string {
	return fmt.Sprintf("%s gov-app-01 sshd[%d]: Accepted publickey for ops from 10.20.0.%d port %d ssh2\n", at.Format(stamp), 900+number%30000, number%250+1, 40000+number%20000)
}

func systemRecord(at time.Time, number int) string {
	return fmt.Sprintf("%s gov-app-01 systemd[1]: Started session-%d.scope - Session %d of User ops.\n", at.Format(stamp), number, number)
}

// padded makes records of a log that grows fast. They compress as well as real ones,
// about ten times.
func padded(record func(time.Time, int) string, size int) func(time.Time, int) string {
	const longest = 1 << 20 // far beyond what gzip looks back
	random := rand.New(rand.NewPCG(1, 2))
	var text []byte
	for len(text) < longest {
		text = fmt.Appendf(text, " method=GET status=200 upstream=10.20.0.7 id=%08x", random.Uint32())
	}
	return func(at time.Time, number int) string {
		line := strings.TrimSuffix(record(at, number), "\n")
		fill := max(0, size-len(line)-1)
		from := number * fill % (len(text) - fill)
		return line + string(text[from:from+fill]) + "\n"
	}
}

// auditRecord has the serial number that auditd would have given.
func auditRecord(at time.Time, number int) string {
	return fmt.Sprintf("type=USER_LOGIN msg=audit(%d.000:%d): pid=911 uid=0 auid=1000 ses=3 msg='op=login id=1000 exe=\"/usr/sbin/sshd\" hostname=10.20.0.9 addr=10.20.0.9 terminal=ssh res=success'\n", at.Unix(), number)
}
