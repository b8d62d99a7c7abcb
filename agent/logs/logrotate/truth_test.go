package logrotate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// truth opens the folder of real configurations.
func truth(t *testing.T) fs.FS {
	t.Helper()
	dir := os.Getenv("YUNJIAN_LOG_TRUTH")
	if dir == "" {
		shared := os.Getenv("YUNJIAN_SHARED")
		if shared == "" {
			shared = "../../../../shared"
		}
		dir = filepath.Join(shared, "data", "logs")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real configurations are not here: %v; set YUNJIAN_SHARED", err)
		}
		t.Skipf("the real configurations are not here: %v", err)
	}
	return os.DirFS(dir)
}

// line is a stanza in force, in the form of the truth file.
type line struct {
	Files     string `json:"files"`
	Criterion string `json:"criterion"`
	Rotations int    `json:"rotations"`
}

func lines(config Config) []line {
	result := []line{}
	for _, stanza := range config.Stanzas {
		result = append(result, line{strings.Join(stanza.Patterns, " "), stanza.Settings.Criterion.Value.String(), stanza.Settings.Rotate.Value})
	}
	return result
}

// debian holds the accounts of the host that the oracle ran on: those every
// Debian has, and none of a package.
func debian(names string) func(string) bool {
	known := strings.Fields("root 0 daemon bin sys games man lp mail news uucp proxy www-data backup list irc nobody " + names)
	return func(name string) bool { return slices.Contains(known, name) }
}

func debianOptions() Options {
	return Options{User: debian("sync _apt"), Group: debian("adm tty disk utmp shadow staff users nogroup syslog")}
}

// complaint is what a message of the oracle says, in our terms.
type complaint struct {
	Line int
	Kind error
}

func complaintOf(t *testing.T, message string) (c complaint, ok bool) {
	t.Helper()
	if strings.Contains(message, "found error in") {
		return complaint{}, false // repeats the one before
	}
	if m := regexp.MustCompile(`^error: c:(\d+)`).FindStringSubmatch(message); m != nil {
		c.Line, _ = strconv.Atoi(m[1])
	}
	for _, kind := range []struct {
		words string
		err   error
	}{
		{"unknown user", ErrAccount},
		{"unknown group", ErrAccount},
		{"error verifying", ErrPath},
		{"unexpected }", ErrSyntax},
		{"missing '{'", ErrSyntax},
		{"not properly separated", ErrSyntax},
		{"unknown option", ErrUnknownOption},
		{"unknown unit", ErrValue},
		{"bad ", ErrValue},
		{"argument expected", ErrArgument},
		{"duplicate log entry", ErrDuplicate},
		{"cannot stat", ErrInclude},
	} {
		if strings.Contains(message, kind.words) {
			c.Kind = kind.err
			return c, true
		}
	}
	t.Fatalf("the oracle says %q, which this test does not understand", message)
	return complaint{}, false
}

func TestTruthParse(t *testing.T) {
	logs := truth(t)
	text, err := fs.ReadFile(logs, "truth_logrotate_parse.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct {
		Stanzas []line   `json:"stanzas"`
		Errors  []string `json:"errors"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	agreed := 0
	for name, want := range all {
		config, err := fs.ReadFile(logs, name)
		if err != nil {
			t.Fatal(err)
		}
		// The suite is a set of templates; the oracle got root for the accounts
		// and a folder that does not exist.
		for from, to := range map[string]string{"&DIR&": "/DIR", "&USER&": "root", "&GROUP&": "root"} {
			config = bytes.ReplaceAll(config, []byte(from), []byte(to))
		}
		host := fstest.MapFS{"c": {Data: config, Mode: 0o644}}
		for _, name := range []string{"apt--apt", "dpkg--alternatives", "dpkg--dpkg", "postgresql-common--postgresql-common"} {
			stanza, err := fs.ReadFile(logs, path.Join("logrotate-debian12", name))
			if err != nil {
				t.Fatal(err)
			}
			_, base, _ := strings.Cut(name, "--")
			host["etc/logrotate.d/"+base] = &fstest.MapFile{Data: stanza, Mode: 0o644}
		}
		got, err := Load(host, "c", debianOptions())
		if err != nil {
			t.Fatal(err)
		}
		for i, stanza := range want.Stanzas {
			words, err := splitWords(strings.ReplaceAll(stanza.Files, "&DIR&", "/DIR"))
			if err != nil {
				t.Fatal(err)
			}
			want.Stanzas[i].Files = strings.Join(words, " ")
		}
		diff := cmp.Diff(want.Stanzas, lines(got))
		if diff != "" {
			t.Errorf("%s: stanzas (-want +got):\n%s", name, diff)
		}
		var complaints []complaint
		for _, message := range want.Errors {
			if c, ok := complaintOf(t, message); ok {
				complaints = append(complaints, c)
			}
		}
		ok := len(complaints) == len(got.Problems)
		for i := 0; ok && i < len(complaints); i++ {
			c, p := complaints[i], got.Problems[i]
			ok = (c.Line == 0 || c.Line == p.Line) && errors.Is(p.Err, c.Kind)
		}
		if !ok {
			t.Errorf("%s: the oracle says %v\nwe say %v", name, want.Errors, got.Problems)
		}
		if ok && diff == "" {
			agreed++
		}
	}
	t.Logf("%d of %d configurations agree in stanzas and errors", agreed, len(all))
	if len(all) == 0 {
		t.Fatal("no configuration to compare with")
	}
}

// TestTruthAccounts shows the other answer where the account exists.
func TestTruthAccounts(t *testing.T) {
	config, err := fs.ReadFile(truth(t), "logrotate-debian12/zabbix-agent--zabbix-agent")
	if err != nil {
		t.Fatal(err)
	}
	host := fstest.MapFS{
		"c":          {Data: config, Mode: 0o644},
		"etc/passwd": {Data: []byte("root:x:0:0:root:/root:/bin/sh\nzabbix:x:110:115::/nonexistent:/usr/sbin/nologin\n")},
		"etc/group":  {Data: []byte("root:x:0:\nzabbix:x:115:\n")},
	}
	got, err := Load(host, "c", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []line{{"/var/log/zabbix-agent/zabbix_agentd.log", "weekly", 7}}
	if diff := cmp.Diff(want, lines(got)); diff != "" || len(got.Problems) != 0 {
		t.Errorf("with the user zabbix: %v (-want +got):\n%s", got.Problems, diff)
	}
}
