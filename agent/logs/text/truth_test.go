package text

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// truth opens the folder of real logs.
func truth(t *testing.T) fs.FS {
	t.Helper()
	shared := os.Getenv("YUNJIAN_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	dir := filepath.Join(shared, "data", "logs")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real logs are not here: %v; set YUNJIAN_SHARED", err)
		}
		t.Skipf("the real logs are not here: %v", err)
	}
	return os.DirFS(dir)
}

// ends are what the tests compare of a reading.
type ends struct {
	First, Last string
	Format      string
}

func endsOf(r Reading) ends {
	show := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return ends{show(r.First), show(r.Last), r.Format}
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// scan writes data to a Scanner in random pieces.
func scan(t testing.TB, data []byte, o Options, random *rand.Rand) Reading {
	t.Helper()
	s, err := NewScanner(o)
	if err != nil {
		t.Fatal(err)
	}
	feed(s, data, random)
	return s.Reading()
}

func feed(s io.Writer, data []byte, random *rand.Rand) {
	for len(data) > 0 {
		n := min(len(data), 1+random.IntN(1<<random.IntN(18)))
		s.Write(data[:n]) //nolint:errcheck // it never fails
		data = data[n:]
	}
}

// realLogs are the logs of the shared folder with the times of their first and last
// record, read by eye or, for the epochs of BGL and Thunderbird, from their column.
func realLogs(t *testing.T) []realLog {
	shanghai, sydney := location(t, "Asia/Shanghai"), location(t, "Australia/Sydney")
	at := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	}
	modern := at(2026, 11, 1)
	return []realLog{
		{"loghub/Android_2k.log", time.UTC, at(2016, 3, 17).Add(6 * time.Hour), ends{"2016-03-17T16:13:38.811Z", "2016-03-17T16:16:09.141Z", "monthday"}},
		{"loghub/Apache_2k.log", shanghai, modern, ends{"2005-12-03T20:47:44Z", "2005-12-05T11:15:57Z", "ctime"}},
		{"loghub/BGL_2k.log", shanghai, modern, ends{"2005-06-03T22:42:50Z", "2006-01-03T15:13:09Z", "bgl"}},
		{"loghub/Thunderbird_2k.log", shanghai, modern, ends{"2005-11-09T20:01:01Z", "2005-11-09T20:15:32Z", "bgl"}},
		{"loghub/Linux_2k.log", time.UTC, at(2005, 7, 28), ends{"2005-06-14T15:16:01Z", "2005-07-27T14:42:00Z", "rfc3164"}},
		{"loghub/OpenSSH_2k.log", time.UTC, at(2018, 1, 9), ends{"2017-12-10T06:55:46Z", "2017-12-10T11:04:45Z", "rfc3164"}},
		{"loghub/OpenStack_2k.log", shanghai, modern, ends{"2017-05-15T16:00:00.008Z", "2017-05-15T16:14:47.687Z", "isoinside"}},
		{"loghub/Spark_2k.log", shanghai, modern, ends{"2017-06-09T12:10:40Z", "2017-06-09T12:11:11Z", "short"}},
		{"plaso/apache_access.log", shanghai, modern, ends{"2016-01-13T19:31:16Z", "2019-11-16T07:46:42Z", "clf"}},
		{"plaso/confluence_access.log", shanghai, modern, ends{"2021-06-17T10:57:26Z", "2021-06-17T11:02:20Z", "clf"}},
		{"plaso/cri.log", shanghai, modern, ends{"2016-10-06T00:17:09.669794202Z", "2024-04-16T06:25:44.094383157Z", "iso"}},
		{"plaso/b7ea5ccf08366e2b0c8afa2318674e8aefe802315378125d2bb83fe3110c__container-json.log", shanghai, modern, ends{"2016-01-07T16:49:10Z", "2016-01-07T16:49:10.237222729Z", "docker"}},
		{"plaso/iis__iis10.log", shanghai, modern, ends{"2021-04-01T00:00:21Z", "2021-04-01T00:00:21Z", "w3c"}},
		{"plaso/postgresql.log", sydney, modern, ends{"2022-04-12T00:16:05.526Z", "2022-07-15T13:04:27Z", "iso"}},
		{"plaso/security.log", time.UTC, at(2013, 12, 24), ends{"2012-02-26T19:11:56Z", "2013-12-24T01:21:47Z", "rfc3164"}},
		{"plaso/selinux.log", shanghai, modern, ends{"2012-05-24T07:40:01.174Z", "2009-05-26T10:11:41.744Z", "audit"}},
		{"plaso/suricata_alert_fast.log", time.UTC, modern, ends{"2010-05-10T10:08:59.667372Z", "2022-02-04T23:41:31.115933Z", "short"}},
		{"plaso/syslog.gz", time.UTC, at(2012, 11, 20), ends{"2010-01-22T07:52:33Z", "2012-11-18T01:15:43Z", "rfc3164"}},
		{"plaso/syslog.xz", time.UTC, at(2012, 11, 20), ends{"2010-01-22T07:52:33Z", "2012-11-18T01:15:43Z", "rfc3164"}},
		{"plaso/syslog__syslog", time.UTC, at(2016, 2, 1), ends{"2012-01-22T07:52:33Z", "2015-11-18T08:31:20Z", "rfc3164"}},
		{"plaso/syslog__syslog_cron.log", time.UTC, at(2016, 1, 22), ends{"2015-03-11T00:00:00Z", "2016-01-22T07:54:01Z", "rfc3164"}},
		{"plaso/syslog__syslog_rsyslog_ForwardFormat", shanghai, modern, ends{"2021-03-06T04:07:33.194677Z", "2021-03-06T04:07:33.194677Z", "iso"}},
		{"plaso/syslog__syslog_rsyslog_SyslogProtocol23Format", shanghai, modern, ends{"2021-03-06T04:07:38.251122Z", "2021-03-06T04:07:38.269077Z", "rfc5424"}},
		{"auditd/test.log", shanghai, modern, ends{"2007-01-28T21:58:13.977Z", "2007-01-28T22:00:01.366Z", "audit"}},
		{"auditd/test2.log", shanghai, modern, ends{"2007-01-28T21:58:13.977Z", "2007-01-28T22:00:01.366Z", "audit"}},
		{"rsyslog/date_time_msg", time.UTC, at(2014, 10, 30), ends{"2014-03-06T16:57:54Z", "2014-03-06T16:57:54Z", "rfc3164"}},
		{"auditd/auditd.conf", time.UTC, modern, ends{}},
		{"loghub/LICENSE", time.UTC, modern, ends{}},
	}
}

type realLog struct {
	name    string
	zone    *time.Location
	modTime time.Time
	want    ends
}

func (l realLog) plain(t *testing.T, fsys fs.FS) []byte {
	t.Helper()
	data, err := fs.ReadFile(fsys, l.name)
	if err != nil {
		t.Fatal(err)
	}
	opened, _, err := Open(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if data, err = io.ReadAll(opened); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRealLogs(t *testing.T) {
	fsys := truth(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, log := range realLogs(t) {
		t.Run(strings.ReplaceAll(log.name, "/", "_"), func(t *testing.T) {
			data := log.plain(t, fsys)
			o := Options{Zone: log.zone, ModTime: log.modTime}
			head, err := Head(bytes.NewReader(data), o)
			if err != nil {
				t.Fatal(err)
			}
			tail, err := Tail(bytes.NewReader(data), int64(len(data)), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(log.want, ends{endsOf(head).First, endsOf(tail).Last, tail.Format}); diff != "" {
				t.Errorf("head and tail (-want +got):\n%s", diff)
			}
			if want, got := log.want.Format == "", tail.Unparsed && head.Unparsed; want != got {
				t.Errorf("unparsed: want %v, got %v", want, got)
			}
			survey, _, err := Survey(bytes.NewReader(data), int64(len(data)), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(log.want, endsOf(survey)); diff != "" {
				t.Errorf("survey (-want +got):\n%s", diff)
			}
			whole := scan(t, data, o, random)
			for range 5 {
				got := scan(t, data, o, random)
				if diff := cmp.Diff(log.want, endsOf(got)); diff != "" {
					t.Errorf("scanner (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(whole, got); diff != "" {
					t.Errorf("the chunks matter (-want +got):\n%s", diff)
				}
			}
		})
	}
}
