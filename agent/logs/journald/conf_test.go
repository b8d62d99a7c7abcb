package journald

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTimeSpan(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "5": 5 * second, "1month": Month, "6M": 6 * Month, "2 weeks": 2 * week, "1h30min": 90 * minute,
		"1.5d": 36 * hour, "180day": 180 * day, "1y": year, " 3 ms ": 3 * millisecond, "7us": 7, "7\u00b5s": 7,
		"infinity": Forever, "infinity ": Forever, "5 5": 10 * second, "1m": minute, ".5s": 500 * millisecond, "4hr": 4 * hour,
	} {
		got, err := parseTimeSpan(text)
		if err != nil || got != want {
			t.Errorf("%q: want %d, got %d, %v", text, want, got, err)
		}
	}
	for _, text := range []string{"", " ", "d", "1x", "-1", "1.s", "0.0.1", "99999999999y", "999999999999999999999", "infinityx"} {
		if got, err := parseTimeSpan(text); err == nil {
			t.Errorf("%q: want an error, got %d", text, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "500M": 500 << 20, "1.5G": 3 << 29, "1G 500M": 1<<30 + 500<<20, "1G500": 1<<30 + 500, "7B": 7, "8 K": 8 << 10, "15E": 15 << 60,
	} {
		got, err := parseSize(text)
		if err != nil || got != want {
			t.Errorf("%q: want %d, got %d, %v", text, want, got, err)
		}
	}
	for _, text := range []string{"", "M", "1MB", "1k", "-1", "16E", "1M 1G", "4GiB", "5%"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: want an error, got %d", text, got)
		}
	}
}

func TestParseCount(t *testing.T) {
	for text, want := range map[string]uint64{"100": 100, "0x10": 16, "0": 0, "010": 8} {
		if got, err := parseCount(text); err != nil || got != want {
			t.Errorf("%q: want %d, got %d, %v", text, want, got, err)
		}
	}
	for _, text := range []string{"", "-1", "1_0", "ten", "1.5"} {
		if got, err := parseCount(text); err == nil {
			t.Errorf("%q: want an error, got %d", text, got)
		}
	}
}

func file(lines ...string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}
}

func TestLoadConfMergesInTheOrderOfSystemd(t *testing.T) {
	host := fstest.MapFS{
		"etc/systemd/journald.conf": file("# a comment \\", "[Journal]", "SystemMaxUse=1G", "#Storage=none", "MaxRetentionSec = 1month", "SystemMaxFiles=20"),
		// Masked by the main file of /etc.
		"usr/lib/systemd/journald.conf": file("[Journal]", "Storage=volatile"),
		// 10 comes before 20, whatever the directory.
		"etc/systemd/journald.conf.d/10-site.conf":     file("[Journal]", "MaxRetentionSec=180day", "SystemMaxUse=2G"),
		"usr/lib/systemd/journald.conf.d/20-os.conf":   file("[Journal]", "SystemMaxUse=3G", "SystemMaxFileSize=64M", "Storage=ever"),
		"usr/lib/systemd/journald.conf.d/10-site.conf": file("[Journal]", "Storage=none"),
		// Same name, masked by the empty file and by the link.
		"run/systemd/journald.conf.d/30.conf":     file(""),
		"usr/lib/systemd/journald.conf.d/30.conf": file("[Journal]", "Storage=volatile"),
		"etc/systemd/journald.conf.d/40.conf":     {Data: []byte("/dev/null"), Mode: fs.ModeSymlink},
		"usr/lib/systemd/journald.conf.d/40.conf": file("[Journal]", "Storage=volatile"),
		"etc/systemd/journald.conf.d/README":      file("[Journal]", "Storage=volatile"),
		"etc/systemd/journald.conf.d/50.conf":     file("[Other]", "Storage=volatile", "[Journal]", "RuntimeMaxUse=\\", "; between", "  32M", "MaxFileSec=1week", "Compress=yes"),
	}
	got := LoadConf(host, "")
	site, system, last := "etc/systemd/journald.conf.d/10-site.conf", "usr/lib/systemd/journald.conf.d/20-os.conf", "etc/systemd/journald.conf.d/50.conf"
	want := Conf{
		Storage:      Setting[Storage]{Value: StorageAuto},
		MaxRetention: Setting[uint64]{180 * day, Origin{site, 2}},
		MaxFile:      Setting[uint64]{week, Origin{last, 7}},
		System: Caps{
			MaxUse:      Setting[uint64]{3 << 30, Origin{system, 2}},
			MaxFileSize: Setting[uint64]{64 << 20, Origin{system, 3}},
			MaxFiles:    Setting[uint64]{20, Origin{"etc/systemd/journald.conf", 6}},
		},
		Runtime: Caps{MaxUse: Setting[uint64]{32 << 20, Origin{last, 6}}, MaxFiles: Setting[uint64]{Value: 100}},
		Files:   []string{"etc/systemd/journald.conf", site, system, "run/systemd/journald.conf.d/30.conf", last},
	}
	problems := got.Problems
	got.Problems = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if len(problems) != 1 || problems[0].Error() != system+`:4: Storage "ever" is none of volatile, persistent, auto and none` {
		t.Errorf("problems: %v", problems)
	}
}

func TestLoadConfOfNothing(t *testing.T) {
	conf := LoadConf(fstest.MapFS{}, "")
	if conf.MaxFile.Value != uint64(2629800*time.Second/time.Microsecond) || conf.MaxFile.IsSet() || conf.System.MaxFiles.Value != 100 || len(conf.Problems) != 0 {
		t.Errorf("defaults are wrong: %+v", conf)
	}
	if conf := LoadConf(fstest.MapFS{}, "site"); conf.Storage.Value != StoragePersistent {
		t.Errorf("a namespace is %s, want persistent", conf.Storage.Value)
	}
}

// denied refuses one name.
type denied struct {
	fs.FS
	name string
}

func (d denied) Open(name string) (fs.File, error) {
	if name == d.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return d.FS.Open(name)
}

func TestMissingRightsAreReported(t *testing.T) {
	name := "etc/systemd/journald.conf"
	conf := LoadConf(denied{fstest.MapFS{name: file("[Journal]")}, name}, "")
	if len(conf.Problems) != 1 || !errors.Is(conf.Problems[0], fs.ErrPermission) || conf.Problems[0].File != name {
		t.Errorf("problems: %v", conf.Problems)
	}
	journals := fstest.MapFS{machine + "/system.journal": {Data: journal(1, 1, 5, 5, 10, 20)}}
	inv, err := Scan(denied{journals, machine + "/system.journal"}, ".")
	if err != nil || len(inv.Unread) != 1 || !errors.Is(inv.Unread[0].Err, fs.ErrPermission) {
		t.Errorf("unread: %v, %v", inv.Unread, err)
	}
	if _, err := conf.Mode(denied{fstest.MapFS{}, "var/log"}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("mode: want fs.ErrPermission, got %v", err)
	}
}

func TestMode(t *testing.T) {
	with := fstest.MapFS{"var/log/journal/x": {}}
	without := fstest.MapFS{"var/log/syslog": {}}
	for _, test := range []struct {
		storage Storage
		host    fs.FS
		want    Mode
	}{
		{StorageAuto, with, Persistent},
		{StorageAuto, without, Volatile},
		{StoragePersistent, without, Persistent},
		{StorageVolatile, with, Volatile},
		{StorageNone, with, Discarded},
	} {
		conf := Conf{Storage: Setting[Storage]{Value: test.storage}}
		if got, err := conf.Mode(test.host); err != nil || got != test.want {
			t.Errorf("%s: want %s, got %s, %v", test.storage, test.want, got, err)
		}
	}
}

func TestLimits(t *testing.T) {
	set := func(value uint64) Setting[uint64] { return Setting[uint64]{value, Origin{"journald.conf", 1}} }
	files := Setting[uint64]{Value: 100}
	for name, test := range map[string]struct {
		caps Caps
		size uint64
		want Limits
	}{
		"20 GiB":        {Caps{MaxFiles: files}, 20 << 30, Limits{2 << 30, 1 << 30, 128 << 20, 100}},
		"1 TiB":         {Caps{MaxFiles: files}, 1 << 40, Limits{4 << 30, 4 << 30, 128 << 20, 100}},
		"unknown":       {Caps{MaxFiles: files}, 0, Limits{1 << 20, 1 << 20, 512 << 10, 100}},
		"set":           {Caps{MaxUse: set(400 << 20), MaxFiles: files}, 20 << 30, Limits{400 << 20, 1 << 30, 50 << 20, 100}},
		"file too big":  {Caps{MaxUse: set(100 << 20), MaxFileSize: set(80 << 20), MaxFiles: files}, 20 << 30, Limits{160 << 20, 1 << 30, 80 << 20, 100}},
		"free and tiny": {Caps{MaxUse: set(1), KeepFree: set(5000), MaxFileSize: set(1), MaxFiles: files}, 20 << 30, Limits{1 << 20, 8192, 512 << 10, 100}},
	} {
		if diff := cmp.Diff(test.want, test.caps.Limits(test.size)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzConf(f *testing.F) {
	f.Add("[Journal]\nSystemMaxUse=1G 500M\nMaxRetentionSec=1month 2d\nSystemMaxFiles=0x10\n")
	f.Add("[Journal\nStorage=\\\n;x\nauto")
	f.Fuzz(func(t *testing.T, text string) {
		conf := LoadConf(fstest.MapFS{"etc/systemd/journald.conf": {Data: []byte(text)}}, "")
		lines := strings.Count(text, "\n") + 1
		for _, setting := range []Setting[uint64]{conf.System.MaxUse, conf.MaxRetention, conf.MaxFile, conf.System.MaxFiles} {
			if setting.Origin.Line > lines {
				t.Errorf("line %d of %d", setting.Origin.Line, lines)
			}
		}
		if limits := conf.System.Limits(1 << 40); conf.System.MaxFileSize.Value < 1<<50 && limits.MaxUse != 0 && limits.MaxFileSize > limits.MaxUse {
			t.Errorf("a file may be larger than all: %+v", limits)
		}
	})
}
