package logrotate

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func conf(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(text), Mode: 0o644}
}

func load(t *testing.T, host fs.FS, options Options) Config {
	t.Helper()
	config, err := Load(host, "etc/logrotate.conf", options)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// includes is a folder on which logrotate 3.21.0 was asked as well.
func includes() fstest.MapFS {
	dir := "etc/logrotate.d/"
	return fstest.MapFS{
		"etc/logrotate.conf":    conf("weekly\ninclude /etc/logrotate.d\n/z {\n}\n"),
		dir + "a":               conf("rotate 7\n/a {\n}\n"),
		dir + "b":               conf("rotate x\n/b {\n}\n"),
		dir + "c":               conf("rotate 9\n/c {\n}\n/a {\n}\n/c2 {\n}\n"),
		dir + "d":               conf("/d {\n}\n"),
		dir + "e.dpkg-old":      conf("/e {\n}\n"),
		dir + "f~":              conf("/f {\n}\n"),
		dir + ".hid":            conf("/hid {\n}\n"),
		dir + ".hid.swp":        conf("/swp {\n}\n"),
		dir + "B":               conf("/BB {\n}\n"),
		dir + "g.v":             conf("/g {\n}\n"),
		dir + "h,v":             conf("/h {\n}\n"),
		dir + "empty":           conf(""),
		dir + "wr":              {Data: []byte("/w {\n}\n"), Mode: 0o664},
		dir + "own":             conf("/o {\n}\n"),
		dir + "sub/x":           conf("/sub {\n}\n"),
		dir + "mode":            {Data: []byte("/m {\n}\n"), Mode: 0o755},
		dir + "x.rhn-cfg-tmp-1": conf("/x {\n}\n"),
	}
}

func foreign(info fs.FileInfo) (uint32, bool) {
	if info.Name() == "own" {
		return 1000, true
	}
	return 0, true
}

func TestIncludedDirectory(t *testing.T) {
	got := load(t, includes(), Options{Owner: foreign})
	want := `/hid | weekly | 0
/swp | weekly | 0
/BB | weekly | 0
/a | weekly | 7
/c | weekly | 9
/a | weekly | 9
/c2 | weekly | 9
/d | weekly | 7
/g | weekly | 7
/m | weekly | 7
/z | weekly | 7
`
	if diff := cmp.Diff(want, page(got)); diff != "" {
		t.Errorf("stanzas (-want +got):\n%s", diff)
	}
	var problems []string
	for _, problem := range got.Problems {
		problems = append(problems, string(problem.Effect)+" "+problem.Error())
	}
	dir := "etc/logrotate.d/"
	if diff := cmp.Diff([]string{
		"file " + dir + `b:1: bad value: "x" is no number from -1 on`,
		"line " + dir + `c:4: the log is in an earlier stanza: "/a", see ` + dir + "a:2",
		"file " + dir + "own: the file is refused when run as root: it belongs to user 1000",
		"file " + dir + "wr: the file is refused when run as root: group or others may write it (mode 0664)",
	}, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	// The second stanza of /a got no log.
	if files := got.Stanzas[5].Files; len(files) != 0 {
		t.Errorf("the later stanza has %v", files)
	}
}

func TestTabooLists(t *testing.T) {
	host := includes()
	host["etc/logrotate.conf"] = conf("tabooext + .d, d\ntaboopat B*,.*\ninclude=/etc/logrotate.d\n")
	got := load(t, host, Options{Owner: foreign})
	var names []string
	for _, stanza := range got.Stanzas {
		names = append(names, strings.Join(stanza.Patterns, " "))
	}
	if diff := cmp.Diff([]string{"/a", "/c", "/a", "/c2", "/d", "/e", "/f", "/g", "/h", "/m", "/x"}, names); diff != "" {
		t.Errorf("stanzas (-want +got):\n%s", diff)
	}
}

func TestIncludeInAStanzaAndInItself(t *testing.T) {
	host := fstest.MapFS{
		"etc/logrotate.conf": conf("/y {\n rotate 3\n include /etc/inner\n daily\n}\n/z {\n}\ninclude /etc/loop\n"),
		"etc/inner":          conf("/in {\n}\nrotate 5\n"),
		"etc/loop":           conf("include /etc/loop\n/l {\n}\n"),
	}
	got := load(t, host, Options{})
	want := "/y | after 1 days | 5\n/in | 1048576 bytes | 3\n/z | 1048576 bytes | 0\n" + strings.Repeat("/l | 1048576 bytes | 0\n", 16)
	if diff := cmp.Diff(want, page(got)); diff != "" {
		t.Errorf("stanzas (-want +got):\n%s", diff)
	}
}

func TestSettingsSayWhereTheyComeFrom(t *testing.T) {
	host := fstest.MapFS{
		"etc/logrotate.conf": conf("# globals\nweekly\nrotate 4\ncompress\ncompresscmd /usr/bin/xz\naddextension .x\ninclude /etc/logrotate.d\n"),
		"etc/logrotate.d/app": conf(`/var/log/app/*.log
# all of them
"/var/log/other log" {
	size 10M
	daily
	rotate 0x1e
	maxage 365
	minsize 1k
	maxsize=2G
	nocompress
	delaycompress
	dateext
	dateformat -%Y-%m-%d
	olddir /var/old
	createolddir 700 root root
	copytruncate
	notifempty
	mail someone@example.org
	start 0
	su root root
	postrotate
		touch /x # }
	endscript
}
`),
		"etc/passwd":          conf("root:x:0:0::/root:/bin/sh\n"),
		"etc/group":           conf("root:x:0:\n"),
		"var/log/app/a.log":   {},
		"var/log/app/b.log":   {},
		"var/log/app/.h.log":  {},
		"var/log/app/d.log/x": {},
		"var/log/app/e.txt":   {},
	}
	got := load(t, host, Options{})
	if len(got.Problems) != 0 || len(got.Stanzas) != 1 {
		t.Fatalf("problems %v, stanzas %d", got.Problems, len(got.Stanzas))
	}
	main, app := "etc/logrotate.conf", "etc/logrotate.d/app"
	want := defaults()
	want.Criterion = Setting[Criterion]{Criterion{Every: Daily}, Origin{app, 5}}
	want.Rotate = Setting[int]{30, Origin{app, 6}}
	want.MaxAge = Setting[int]{365, Origin{app, 7}}
	want.MinSize = Setting[int64]{1 << 10, Origin{app, 8}}
	want.MaxSize = Setting[int64]{2 << 30, Origin{app, 9}}
	want.Compress = Setting[bool]{false, Origin{app, 10}}
	want.DelayCompress = Setting[bool]{true, Origin{app, 11}}
	want.CompressExt = Setting[string]{".xz", Origin{main, 5}}
	want.DateExt = Setting[bool]{true, Origin{app, 12}}
	want.DateFormat = Setting[string]{"-%Y-%m-%d", Origin{app, 13}}
	want.OldDir = Setting[string]{"/var/old", Origin{app, 14}}
	want.CreateOldDir = Setting[bool]{true, Origin{app, 15}}
	want.CopyTruncate = Setting[bool]{true, Origin{app, 16}}
	want.RenameCopy = Setting[bool]{false, Origin{app, 16}}
	want.IfEmpty = Setting[bool]{false, Origin{app, 17}}
	want.Mail = Setting[bool]{true, Origin{app, 18}}
	want.Start = Setting[int]{0, Origin{app, 19}}
	want.Su = Setting[bool]{true, Origin{app, 20}}
	want.PostRotate = Setting[bool]{true, Origin{app, 21}}
	if diff := cmp.Diff(Stanza{
		Origin:   Origin{app, 1},
		Patterns: []string{"/var/log/app/*.log", "/var/log/other log"},
		Files:    []string{"/var/log/app/a.log", "/var/log/app/b.log", "/var/log/other log"},
		Settings: want,
	}, got.Stanzas[0]); diff != "" {
		t.Errorf("stanza (-want +got):\n%s", diff)
	}
}

func TestSkippedStanzaIsKept(t *testing.T) {
	host := fstest.MapFS{"etc/logrotate.conf": conf("/var/log/auth.log {\n\trotate 27 # half a year\n\tweekly\n}\n/b {\n}\n")}
	got := load(t, host, Options{})
	if len(got.Broken) != 1 || len(got.Stanzas) != 1 {
		t.Fatalf("%d skipped, %d in force", len(got.Broken), len(got.Stanzas))
	}
	broken := got.Broken[0]
	if diff := cmp.Diff([]string{"/var/log/auth.log"}, broken.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if broken.Broken == nil || !errors.Is(broken.Broken, ErrValue) || broken.Broken.Line != 2 || broken.Broken.Effect != LosesStanza {
		t.Errorf("reason: %v", broken.Broken)
	}
	if strings.Contains(broken.Broken.Error(), "half a year") {
		t.Errorf("the message keeps a comment: %v", broken.Broken)
	}
}

func TestOldDirOnAnotherDevice(t *testing.T) {
	host := fstest.MapFS{
		"etc/logrotate.conf": conf("/var/a {\n olddir /mnt/old\n copy\n}\n/var/b {\n olddir /mnt/old\n}\n/c {\n}\n"),
		"var/x":              {}, "mnt/old/x": {},
	}
	got := load(t, host, Options{Device: func(info fs.FileInfo) (uint64, bool) {
		if info.Name() == "old" {
			return 2, true
		}
		return 1, true
	}})
	if page(got) != "/var/a | 1048576 bytes | 0\n" || len(got.Problems) != 1 || !errors.Is(got.Problems[0], ErrPath) || got.Problems[0].Line != 7 {
		t.Errorf("stanzas %q, problems %v", page(got), got.Problems)
	}
}

// denied refuses to open some names.
type denied struct {
	fs.FS
	names []string
}

func (d denied) Open(name string) (fs.File, error) {
	if slices.Contains(d.names, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return d.FS.Open(name)
}

func TestMissingRights(t *testing.T) {
	host := fstest.MapFS{
		"etc/logrotate.conf":  conf("/var/log/private/*.log {\n create 600 app app\n}\ninclude /etc/logrotate.d\n"),
		"etc/logrotate.d/x":   conf("/x {\n}\n"),
		"etc/passwd":          conf(""),
		"var/log/private/log": {},
	}
	got := load(t, denied{host, []string{"etc/passwd", "etc/group", "var/log/private", "etc/logrotate.d/x"}}, Options{})
	if page(got) != "/var/log/private/*.log | 1048576 bytes | 0\n" {
		t.Errorf("stanzas: %q", page(got))
	}
	if diff := cmp.Diff([]string{"/var/log/private/*.log"}, got.Stanzas[0].Unlisted); diff != "" {
		t.Errorf("unlisted (-want +got):\n%s", diff)
	}
	if len(got.Problems) != 1 || !errors.Is(got.Problems[0], fs.ErrPermission) || got.Problems[0].File != "etc/logrotate.d/x" {
		t.Errorf("problems: %v", got.Problems)
	}
	if _, err := Load(host, "etc/none", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want fs.ErrNotExist, got %v", err)
	}
}

func TestAccountsOfOtherSources(t *testing.T) {
	host := fstest.MapFS{
		"etc/nsswitch.conf": conf("passwd: files sss # domain\ngroup: files [NOTFOUND=return] systemd\n"),
		"etc/passwd":        conf("root:x:0:0::/root:/bin/sh\n"),
		"etc/group":         conf("root:x:0:\nadm:x:4:\n"),
	}
	accounts := Accounts(host)
	got := []bool{accounts.User("domainuser"), accounts.Group("adm"), accounts.Group("4"), accounts.Group("nosuch")}
	if diff := cmp.Diff([]bool{true, true, true, false}, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func FuzzLoad(f *testing.F) {
	for _, test := range grammar(f) {
		f.Add(test[0], "/a {\n}\n")
	}
	f.Add("include /etc/logrotate.d\n", "include ..\nolddir ../x\n\"\xff\\\"[!\" {\n")
	f.Fuzz(func(t *testing.T, main, below string) {
		host := fstest.MapFS{"etc/logrotate.conf": conf(main), "etc/logrotate.d/x": conf(below), "var/log/a.log": {}}
		config, err := Load(host, "etc/logrotate.conf", Options{})
		if err != nil {
			t.Fatal(err)
		}
		taken := make(map[string]bool)
		for _, stanza := range config.Stanzas {
			if stanza.Settings.Criterion.Value.String() == "" || stanza.Origin.Line < 1 || stanza.Settings.Rotate.Value < -(1<<31) {
				t.Errorf("stanza %+v", stanza)
			}
			for _, name := range stanza.Files {
				if taken[name] {
					t.Errorf("%q is in two stanzas", name)
				}
				taken[name] = true
			}
		}
		for _, stanza := range config.Broken {
			if stanza.Broken == nil {
				t.Errorf("no reason for %v", stanza.Patterns)
			}
		}
		for _, problem := range config.Problems {
			if problem.Line > strings.Count(main, "\n")+strings.Count(below, "\n")+2 {
				t.Errorf("line out of range: %v", problem)
			}
		}
	})
}
