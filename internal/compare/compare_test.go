package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// needs skips a test without a program, and fails it in CI.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

// documented returns the cells of the first table of docs/comparison.md by the name of
// the host: title, whether its logs are kept, and what each program says.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if name := strings.Split(cells[0], "`"); len(cells) == 6 && len(name) == 3 {
			hosts[name[1]] = cells[1:]
			cells[5] = strings.TrimSpace(cells[5])
		}
	}
	return hosts
}

// TestOurVerdicts runs the real agent on every tree. The page has to say the same.
func TestOurVerdicts(t *testing.T) {
	dir := t.TempDir()
	binary, err := buildAgent(t.Context(), "../..", dir)
	if err != nil {
		t.Fatal(err)
	}
	now, page := time.Now(), documented(t)
	if len(page) != len(trees()) {
		t.Errorf("the page has %d hosts, want %d: run make compare", len(page), len(trees()))
	}
	for _, host := range trees() {
		t.Run(host.name, func(t *testing.T) {
			t.Parallel()
			root, err := plant(host, dir, now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ours(t.Context(), binary, host, root, now)
			if err != nil {
				t.Fatal(err)
			}
			if got.verdict != host.want {
				t.Errorf("verdict %s, want %s\n%s\n%v", got.verdict, host.want, got.sentence, got.results)
			}
			kept := "no"
			if host.kept {
				kept = "yes"
			}
			want := []string{host.title, kept, "`" + got.verdict + "`"}
			if cells := page[host.name]; len(cells) == 0 {
				t.Error("the host is not on the page: run make compare")
			} else if diff := cmp.Diff(want, cells[:3]); diff != "" {
				t.Errorf("the page says something else, run make compare (-want +got):\n%s", diff)
			}
		})
	}
}

// some are the hosts of these names, the healthy one first.
func some(t *testing.T, names ...string) (rows []row, roots []string) {
	t.Helper()
	dir, now := t.TempDir(), time.Now()
	for i, host := range trees() {
		if !slices.Contains(names, host.name) {
			continue
		}
		root, err := plant(host, dir, now)
		if err != nil {
			t.Fatal(err)
		}
		rows, roots = append(rows, row{number: i + 1, tree: host}), append(roots, root)
	}
	return rows, roots
}

// TestOpenSCAP holds the page to what OpenSCAP says of a host that keeps four days, and
// of a healthy one with weekly files.
func TestOpenSCAP(t *testing.T) {
	t.Parallel()
	needs(t, "oscap-chroot", "apt-get")
	scap, err := newScanner(t.Context(), t.TempDir())
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("the comparison runs as root")
		}
		t.Skip("without root the logs do not belong to group adm")
	}
	rows, roots := some(t, "healthy", "daily-4", "weekly-27")
	for i, root := range roots {
		if rows[i].openscap, err = scap.scan(t.Context(), root); err != nil {
			t.Fatal(err)
		}
		if got, want := len(rows[i].openscap.results), len(scapRules()); got != want {
			t.Errorf("%s: %d rules have a result, want %d", rows[i].tree.name, got, want)
		}
	}
	beside(rows)
	page := documented(t)
	for _, r := range rows {
		if diff := cmp.Diff(page[r.tree.name][4], cell(r, rows, openscapOf)); diff != "" {
			t.Errorf("%s: the page says something else, run make compare (-page +got):\n%s", r.tree.name, diff)
		}
	}
}

// TestLynis holds the page to what Lynis says of a host that keeps four days.
func TestLynis(t *testing.T) {
	t.Parallel()
	needs(t, "lynis", "logrotate", "lsof", "ps", "unshare")
	if out, err := exec.CommandContext(t.Context(), "unshare", "--mount", "--pid", "--fork", "true").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no name spaces, which Lynis needs: %v %s", err, out)
		}
		t.Skipf("no name spaces here, as in containers without privileges: %v %s", err, out)
	}
	rows, roots := some(t, "healthy", "daily-4")
	t.Run("hosts", func(t *testing.T) {
		for i, root := range roots {
			t.Run(rows[i].tree.name, func(t *testing.T) {
				t.Parallel()
				var err error
				if rows[i].lynis, err = lynis(t.Context(), root); err != nil {
					t.Fatal(err)
				}
				for _, test := range []string{"LOGG-2146", "LOGG-2148", "LOGG-2150", "ACCT-9632", "ACCT-9634"} {
					if got := rows[i].lynis.results[test]; got != noFinding {
						t.Errorf("%s: %q; a test that does not run proves nothing", test, got)
					}
				}
			})
		}
	})
	beside(rows)
	page := documented(t)
	for _, r := range rows {
		if diff := cmp.Diff(page[r.tree.name][3], cell(r, rows, lynisOf)); diff != "" {
			t.Errorf("%s: the page says something else, run make compare (-page +got):\n%s", r.tree.name, diff)
		}
	}
}
