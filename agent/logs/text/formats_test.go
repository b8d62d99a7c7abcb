package text

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// autumn is the time of the files in the tests: the evening of the day of their records.
func autumn() time.Time { return time.Date(2026, 11, 1, 22, 0, 0, 0, time.UTC) }

func TestFormats(t *testing.T) {
	const clock = "2026-11-01T02:00:00"
	for _, test := range []struct{ line, format, want string }{
		{"<34>1 2026-11-01T10:00:00.003+08:00 host su - ID47 - what", "rfc5424", clock + ".003Z"},
		{"2026-11-01T10:00:00.123456+08:00 host sshd[1]: what", "iso", clock + ".123456Z"},
		{"<34>2026-11-01T10:00:00+08:00 host sshd[1]: what", "iso", clock + "Z"},
		{"2026-11-01T02:00:00Z what", "iso", clock + "Z"},
		{"2026-11-01T10:00:00+0800 INFO dnf", "iso", clock + "Z"},
		{"2026-11-01T10:00:00+08 what", "iso", clock + "Z"},
		{"2026-11-01T02:00:00.669794202Z stdout F cri", "iso", clock + ".669794202Z"},
		{"2026-11-01 10:00:00 status installed dpkg", "iso", clock + "Z"},
		{"2026-11-01 10:00:00,123 INFO [main] log4j", "iso", clock + ".123Z"},
		{"2026-11-01 10:00:00:123 what", "iso", clock + ".123Z"},
		{"[2026-11-01 10:00:00,123] INFO kafka", "iso", clock + ".123Z"},
		{"[2026-11-01T10:00:00,123][INFO ] elasticsearch", "iso", clock + ".123Z"},
		{"2026-11-01 10:00:00.123 CST [77] LOG:  postgres", "iso", clock + ".123Z"},
		{"2026-11-01 02:00:00.123 UTC [77] LOG:  postgres", "iso", clock + ".123Z"},
		{"2026-11-01 02:00:00.123 GMT [77] LOG:  postgres", "iso", clock + ".123Z"},
		{"2026-11-01 10:00:00.123 +0800 what", "iso", clock + ".123Z"},
		{"2026-11-01 10:00:00 - 1234 what", "iso", clock + "Z"},
		{"2026-11-01 10:00:00 INFO what", "iso", clock + "Z"},
		{"2026-11-01 10:00:00", "iso", clock + "Z"},
		{"\x00\x00\x002026-11-01 10:00:00 behind a hole", "iso", clock + "Z"},
		{"nova.log.1.2026-01-16_13:53:08 2026-11-01 10:00:00.008 25746 INFO nova", "isoinside", clock + ".008Z"},
		{"[INFO ] 2026-11-01 10:00:00.008 what", "isoinside", clock + ".008Z"},
		{`time="2026-11-01T02:00:00Z" level=info`, "isoinside", clock + "Z"},
		{`{"level":"info","ts":"2026-11-01T10:00:00.123+0800","msg":"etcd"}`, "isoinside", clock + ".123Z"},
		{`{"t":{"$date":"2026-11-01T10:00:00.123+08:00"},"s":"I"}`, "isoinside", clock + ".123Z"},
		{`{"log":"2025-01-01T00:00:00Z no\n","stream":"stdout","time":"2026-11-01T02:00:00.5Z"}`, "docker", clock + ".5Z"},
		{"Nov  1 10:00:00 host sshd[1]: what", "rfc3164", clock + "Z"},
		{"Nov 1 10:00:00 host sshd[1]: what", "rfc3164", clock + "Z"},
		{"<167>Nov  1 10:00:00 host what", "rfc3164", clock + "Z"},
		{"Nov  1 2026 10:00:00 host %ASA-1: what", "rfc3164", clock + "Z"},
		{"2026 Nov  1 10:00:00 host what", "rfc3164", clock + "Z"},
		{"Nov  1 10:00:00.123 host what", "rfc3164", clock + ".123Z"},
		{"Nov 01 10:00:00 Installed: yum", "rfc3164", clock + "Z"},
		{`10.0.0.1 - frank [01/Nov/2026:10:00:00 +0800] "GET /[a] HTTP/1.0" 200 2326`, "clf", clock + "Z"},
		{`10.0.0.1:80 [b] [01/Nov/2026:10:00:00.123] haproxy`, "clf", clock + ".123Z"},
		{"[Sun Nov 01 10:00:00 2026] [error] apache", "ctime", clock + "Z"},
		{"[Sun Nov 01 10:00:00.123456 2026] [core:notice] apache", "ctime", clock + ".123456Z"},
		{"Sun Nov  1 10:00:00 2026 [pid 2] CONNECT: vsftpd", "ctime", clock + "Z"},
		{"Sun Nov  1 10:00:00 CST 2026 date", "ctime", clock + "Z"},
		{"2026/11/01 10:00:00 [error] 12#0: nginx", "slash", clock + "Z"},
		{"[2026/11/01 10:00:00.123456,  0] ../source3/smbd", "slash", clock + ".123456Z"},
		{"11/01/2026-10:00:00.123456  [**] suricata", "suricata", clock + ".123456Z"},
		{"26/11/01-10:00:00.123456 [**] snort", "short", clock + ".123456Z"},
		{"26/11/01 10:00:00 INFO spark", "short", clock + "Z"},
		{"261101 100000 148 INFO dfs", "compact", clock + "Z"},
		{"261101 10:00:00 [Note] mysql", "compact", clock + "Z"},
		{"20261101 10:00:00.123 what", "compact", clock + ".123Z"},
		{"20261101T020000Z what", "compact", clock + "Z"},
		{"2026-11-01T02:00:00.123456Z 0 [Note] mysql", "iso", clock + ".123456Z"},
		{"20261101-10:0:0:7|Step_LSC|30002312", "health", clock + ".007Z"},
		{"11-01 10:00:00.123  1702  2395 D android", "monthday", clock + ".123Z"},
		{"I1101 10:00:00.123456    1 main.go:1] kubelet", "klog", clock + ".123456Z"},
		{"2026年11月01日 10:00:00 什么", "chinese", clock + "Z"},
		{"2026年11月1日 上午10:00:00 什么", "chinese", clock + "Z"},
		{"01-Nov-2026 10:00:00.123 INFO [main] catalina", "tomcat", clock + ".123Z"},
		{"[01-Nov-2026 10:00:00] NOTICE: php-fpm", "tomcat", clock + "Z"},
		{"[01-Nov-2026 10:00:00 Asia/Shanghai] PHP Warning", "tomcat", clock + "Z"},
		{"=INFO REPORT==== 1-Nov-2026::10:00:00 ===", "erlang", clock + "Z"},
		{"Nov 01, 2026 10:00:00 AM org.apache.catalina", "jul", clock + "Z"},
		{"十一月 01, 2026 10:00:00 上午 org.apache.catalina", "jul", clock + "Z"},
		{"11月 01, 2026 10:00:00 上午 org.apache.catalina", "jul", clock + "Z"},
		{"####<Nov 1, 2026 10:00:00,123 AM CST> <Notice> <Security>", "jul", clock + ".123Z"},
		{"12:M 01 Nov 2026 10:00:00.123 * redis", "redis", clock + ".123Z"},
		{"[12] 01 Nov 10:00:00.123 * redis", "redis", clock + ".123Z"},
		{"Start-Date: 2026-11-01  10:00:00", "apt", clock + "Z"},
		{"# Time: 2026-11-01T02:00:00.123456Z", "mysqlslow", clock + ".123456Z"},
		{"# Time: 261101 10:00:00", "mysqlslow", clock + "Z"},
		{"type=LOGIN msg=audit(1793498400.174:94983): pid=1", "audit", clock + ".174Z"},
		{"node=a type=LOGIN msg=audit(1793498400.174:94983): pid=1", "audit", clock + ".174Z"},
		{"- 1793498400 2026.11.01 dn228 Nov 1 12:01:01 dn228/dn228 what", "bgl", clock + "Z"},
		{"APPREAD 1793498400 2026.11.01 what", "bgl", clock + "Z"},
		{"1793498400.123    310 10.0.0.1 TCP_MISS/200 squid", "epoch", clock + ".123Z"},
		{"1793498400123 what", "epoch", clock + ".123Z"},
		{"1793498400123456 what", "epoch", clock + ".123456Z"},
		{`{"level":"info","ts":1793498400.123,"msg":"zap"}`, "epochjson", clock + ".123Z"},
		{`{"timestamp": 1793498400123}`, "epochjson", clock + ".123Z"},
	} {
		t.Run(test.format, func(t *testing.T) {
			o := Options{Zone: location(t, "Asia/Shanghai"), ModTime: autumn()}
			for _, o.Format = range []string{"", test.format} {
				got, err := Head(strings.NewReader(test.line+"\n\tat a line without time\n"), o)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(ends{test.want, test.want, test.format}, endsOf(got)); diff != "" {
					t.Errorf("format %q, line %q (-want +got):\n%s", o.Format, test.line, diff)
				}
				if got.ForeignZone {
					t.Errorf("line %q: want no foreign zone", test.line)
				}
			}
		})
	}
}

// TestEveryFormatIsTested keeps the table above complete.
func TestEveryFormatIsTested(t *testing.T) {
	want := []string{
		"apt", "audit", "bgl", "chinese", "clf", "compact", "ctime", "docker", "epoch", "epochjson", "erlang", "health", "iso",
		"isoinside", "jul", "klog", "monthday", "mysqlslow", "redis", "rfc3164", "rfc5424", "short", "slash", "suricata", "tomcat", "w3c",
	}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(Formats()))); diff != "" {
		t.Errorf("formats (-want +got):\n%s", diff)
	}
}

func TestNoTimes(t *testing.T) {
	for _, line := range []string{
		"", "\n", "\x00\x00\x00", "2026-13-01 10:00:00 what", "2026-02-29 10:00:00", "2026-11-01 25:00:00", "Foo  1 10:00:00 host",
		"0123456789", "12345678901",
		"2026-11-01 10:00", "10:00:00 what", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "9999-12-31 23:59:59",
		"Nov 31 10:00:00 host", "type=EMPTYDATE msg=audit(): what", "type=X msg=audit(1337845201): what", "{", "[", "<", "<1", "[01/", "####<", "# Time: ",
		"=INFO REPORT==== 1", "12:M 01", "20261301 10:00:00", "I1301 10:00:00",
	} {
		got, err := Head(strings.NewReader(line), Options{ModTime: autumn()})
		if err != nil {
			t.Fatal(err)
		}
		if !got.Unparsed || !got.First.IsZero() {
			t.Errorf("%q: want nothing, got %v by %s", line, got.First, got.Format)
		}
	}
}

func TestForeignZone(t *testing.T) {
	got, err := Head(strings.NewReader("2026-11-01 10:00:00.123 AEST [1] LOG:  what\n"), Options{Zone: location(t, "Asia/Shanghai"), ModTime: autumn()})
	if err != nil {
		t.Fatal(err)
	}
	if want, got := (ends{"2026-11-01T02:00:00.123Z", "2026-11-01T02:00:00.123Z", "iso"}), endsOf(got); want != got {
		t.Errorf("want %v, got %v", want, got)
	}
	if !got.ForeignZone {
		t.Error("want the zone to be noted")
	}
}

func TestPatterns(t *testing.T) {
	for _, test := range []struct{ pattern, line, want string }{
		{"%Y-%m-%d %H:%M:%S", "level=1 2026-11-01  10:00:00 what", "2026-11-01T02:00:00Z"},
		{"%F %T.%f", "2026-11-01 10:00:00.25 what", "2026-11-01T02:00:00.25Z"},
		{"%d.%m.%Y %H:%M:%S %z", "what 01.11.2026 10:00:00 +0800 what", "2026-11-01T02:00:00Z"},
		{"%d.%m.%Y %H:%M:%S%z", "what 01.11.2026 10:00:00+08:00 what", "2026-11-01T02:00:00Z"},
		{"%d/%b/%y %I:%M %p", "<01/Nov/26 10:00 AM>", "2026-11-01T02:00:00Z"},
		{"%d/%B/%y %l:%M %p", "<01/November/26  2:00 PM>", "2026-11-01T06:00:00Z"},
		{"%m/%d/%Y %I:%M:%S %p", "11/01/2026 12:00:00 AM", "2026-10-31T16:00:00Z"},
		{"%b %e %k:%M:%S", "Nov  1 10:00:00 host", "2026-11-01T02:00:00Z"},
		{"%a, %d %b %Y %H:%M:%S %Z", "at Sunday, 01 Nov 2026 02:00:00 GMT", "2026-11-01T02:00:00Z"},
		{"@%s", "what @1793498400 what", "2026-11-01T02:00:00Z"},
		{"%D %R", "11/01/26 10:00", "2026-11-01T02:00:00Z"},
		{"%Y%m%d%H%M%S", "20261101100000|x", "2026-11-01T02:00:00Z"},
		{"%Y%%%m%%%d %H:%M", "2026%11%01 10:00", "2026-11-01T02:00:00Z"},
	} {
		got, err := Head(strings.NewReader(test.line), Options{Zone: location(t, "Asia/Shanghai"), ModTime: autumn(), Format: test.pattern})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ends{test.want, test.want, test.pattern}, endsOf(got)); diff != "" {
			t.Errorf("%s of %q (-want +got):\n%s", test.pattern, test.line, diff)
		}
	}
	for _, wrong := range []string{"%", "%-", "%Y", "%H:%M", "%q", "%Y-%m-%d %H", "%m-%d", strings.Repeat("%Y", 200), "nosuch"} {
		if err := CheckFormat(wrong); err == nil {
			t.Errorf("format %q: want an error", wrong)
		}
		if _, err := NewScanner(Options{Format: wrong}); err == nil {
			t.Errorf("scanner of %q: want an error", wrong)
		}
		if _, err := Tail(strings.NewReader(""), 0, Options{Format: wrong}); err == nil {
			t.Errorf("tail of %q: want an error", wrong)
		}
	}
	if err := CheckFormat("iso"); err != nil {
		t.Error(err)
	}
}
