package logrotate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
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

// grammar gives the cases of testdata/grammar.txtar: each a configuration and
// the stanzas that logrotate takes from it.
func grammar(t testing.TB) map[string][2]string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/grammar.txtar")
	if err != nil {
		t.Fatal(err)
	}
	cases := make(map[string][2]string)
	for i := 0; i+1 < len(archive.Files); i += 2 {
		name, _ := strings.CutSuffix(archive.Files[i].Name, ".conf")
		config, err := strconv.Unquote(strings.TrimSpace(string(archive.Files[i].Data)))
		if err != nil || archive.Files[i+1].Name != name+".want" {
			t.Fatalf("%s: %v", archive.Files[i].Name, err)
		}
		cases[name] = [2]string{config, string(archive.Files[i+1].Data)}
	}
	return cases
}

func page(config Config) string {
	var page strings.Builder
	for _, l := range lines(config) {
		page.WriteString(strings.Join(strings.Fields(l.Files), " ") + " | " + l.Criterion + " | " + strconv.Itoa(l.Rotations) + "\n")
	}
	return page.String()
}

// unquoted takes the quotes off the paths of a recorded answer.
func unquoted(t *testing.T, answer string) string {
	t.Helper()
	var page strings.Builder
	for text := range strings.Lines(answer) {
		files, rest, _ := strings.Cut(text, " | ")
		words, err := splitWords(files)
		if err != nil {
			t.Fatal(err)
		}
		page.WriteString(strings.Join(words, " ") + " | " + rest)
	}
	return page.String()
}

func TestGrammar(t *testing.T) {
	for name, test := range grammar(t) {
		host := fstest.MapFS{
			"c":        {Data: []byte(test[0]), Mode: 0o644},
			"dev/null": {Mode: fs.ModeDevice | fs.ModeCharDevice | 0o666},
			"tmp":      {Mode: fs.ModeDir | 0o777},
		}
		got, err := Load(host, "c", debianOptions())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(unquoted(t, test[1]), page(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s\nproblems: %v", name, diff, got.Problems)
		}
	}
}

// TestLogrotate asks the real program for the answers of TestGrammar again.
func TestLogrotate(t *testing.T) {
	logrotate, err := exec.LookPath("logrotate")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("install the package logrotate")
		}
		t.Skip("logrotate is not installed")
	}
	answer := regexp.MustCompile(`(?s)rotating pattern: (.*?)\s+(hourly|after 1 days|weekly|monthly|yearly|\d+ bytes) (\((?:(\d+) rotations|no old logs will be kept)\))?`)
	dir := t.TempDir()
	for name, test := range grammar(t) {
		config := filepath.Join(dir, name)
		if err := os.WriteFile(config, []byte(test[0]), 0o600); err != nil {
			t.Fatal(err)
		}
		// Its exit status tells of any error; the page is what counts.
		said, _ := exec.CommandContext(t.Context(), logrotate, "-d", "-v", "-s", filepath.Join(dir, "state"), config).CombinedOutput()
		var got strings.Builder
		for _, m := range answer.FindAllStringSubmatch(string(said), -1) {
			rotations := m[4]
			switch {
			case m[3] == "":
				rotations = "-1"
			case rotations == "":
				rotations = "0"
			}
			got.WriteString(strings.Join(strings.Fields(m[1]), " ") + " | " + m[2] + " | " + rotations + "\n")
		}
		if diff := cmp.Diff(test[1], got.String()); diff != "" {
			t.Errorf("%s (-recorded +now):\n%s", name, diff)
		}
	}
}
