package logrotate

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
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

// program is the real logrotate.
type program struct{ file, dir string }

func findProgram(t *testing.T) program {
	t.Helper()
	file, err := exec.LookPath("logrotate")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("install the package logrotate")
		}
		t.Skip("logrotate is not installed")
	}
	return program{file, t.TempDir()}
}

// stanzas asks which stanzas the program takes from a configuration, in the
// form of page, and gives the path of the file it read.
func (p program) stanzas(t *testing.T, config string) (page, name string) {
	t.Helper()
	name = filepath.Join(p.dir, "c")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	// Its exit status tells of any error; the page is what counts.
	said, _ := exec.CommandContext(t.Context(), p.file, "-d", "-v", "-s", filepath.Join(p.dir, "state"), name).CombinedOutput()
	if !strings.Contains(string(said), "Handling ") {
		t.Fatalf("logrotate does not run: %s", said)
	}
	stanza := regexp.MustCompile(`(?s)rotating pattern: (.*?)\s+(hourly|after 1 days|weekly|monthly|yearly|\d+ bytes) (\((?:(\d+) rotations|no old logs will be kept)\))?`)
	var b strings.Builder
	for _, m := range stanza.FindAllStringSubmatch(string(said), -1) {
		rotations := m[4]
		switch {
		case m[3] == "":
			rotations = "-1"
		case rotations == "":
			rotations = "0"
		}
		fmt.Fprintf(&b, "%s | %s | %s\n", strings.Join(strings.Fields(m[1]), " "), m[2], rotations)
	}
	return b.String(), name
}

// TestLogrotate asks the real program for the answers of TestGrammar again.
func TestLogrotate(t *testing.T) {
	original := findProgram(t)
	for name, test := range grammar(t) {
		got, _ := original.stanzas(t, test[0])
		if diff := cmp.Diff(test[1], got); diff != "" {
			t.Errorf("%s (-recorded +now):\n%s", name, diff)
		}
	}
}

// TestLogrotateMutated compares us with the real program on configurations that
// nobody would write: those of the grammar with lines of each other, and with
// bytes lost and added.
func TestLogrotateMutated(t *testing.T) {
	original := findProgram(t)
	cases := grammar(t)
	var whole, pool []string
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		whole = append(whole, cases[name][0])
		pool = append(pool, strings.SplitAfter(cases[name][0], "\n")...)
	}
	rng := rand.New(rand.NewPCG(31, 6))
	for range 400 {
		text := mutate(rng, whole[rng.IntN(len(whole))], pool)
		answer, name := original.stanzas(t, text)
		config, err := Load(os.DirFS("/"), strings.TrimPrefix(name, "/"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		// The program prints patterns as written; what is compared is the rest.
		want, got := settings(answer), settings(page(config))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-program +we):\n%s\nproblems: %v", text, diff, config.Problems)
		}
	}
}

func mutate(rng *rand.Rand, text string, pool []string) string {
	for range 1 + rng.IntN(5) {
		switch at := rng.IntN(len(text) + 1); rng.IntN(4) {
		case 0:
			text = text[:max(at-1, 0)] + text[at:]
		case 1:
			text = text[:at] + string("{}\n #=\"/\\x5\t"[rng.IntN(12)]) + text[at:]
		default:
			lines := strings.SplitAfter(text, "\n")
			lines[rng.IntN(len(lines))] += pool[rng.IntN(len(pool))]
			text = strings.Join(lines, "")
		}
	}
	return text
}

// settings leaves the patterns out of a page. Any count below zero is one to
// the program's page.
func settings(page string) []string {
	var result []string
	for line := range strings.Lines(page) {
		if _, rest, ok := strings.Cut(line, " | "); ok {
			if criterion, count, ok := strings.Cut(rest, " | -"); ok && count != "" {
				rest = criterion + " | -1\n"
			}
			result = append(result, rest)
		}
	}
	return result
}
