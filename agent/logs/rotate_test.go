package logs

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// The real logrotate in all its ways of rotating: what it deletes by its count is
// told, file by file, and nothing else is.
func TestRealRotations(t *testing.T) {
	if _, err := exec.LookPath("logrotate"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs logrotate: apt-get install logrotate")
		}
		t.Skip("needs logrotate: apt-get install logrotate")
	}
	const rotations, rotate = 9, 3
	for i, stanza := range []string{
		"",
		"compress",
		"compress\ndelaycompress",
		"compress\ncompresscmd /usr/bin/xz\nuncompresscmd /usr/bin/unxz\ncompressext .xz",
		"compress\ncompresscmd /usr/bin/bzip2\nuncompresscmd /usr/bin/bunzip2\ncompressext .bz2",
		"copytruncate",
		"copytruncate\ncompress",
		"copytruncate\ncompress\ndelaycompress",
		"dateext\ndateformat -%Y%m%d-%s",
		"dateext\ndateformat -%Y%m%d-%s\ncompress\ndelaycompress",
		"nocreate",
		"olddir old\ncompress",
		"olddir old\ncopytruncate",
		"extension .log\ncompress",
		"start 0",
		"shred\ncompress",
		"renamecopy\nolddir old",
	} {
		t.Run(fmt.Sprint(i, " ", strings.ReplaceAll(stanza, "\n", ", ")), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, uint64(i)))
			f := newFixture(t)
			f.write("/var/log/old/.keep", "")
			full := f.at(authLog) + " {\nrotate 3\nmissingok\n" + stanza + "\n}\n"
			f.write("/real.conf", full)
			f.write("/etc/logrotate.d/rsyslog", strings.ReplaceAll(full, f.root, ""))
			f.write(authLog, f.lines(40))
			f.pass(0)
			var lost []string
			deleted := 0
			for n := range rotations {
				f.add(1 + random.IntN(50))
				if random.IntN(2) == 0 {
					f.pass(quarter)
					f.add(1)
				}
				f.now = f.now.Add(24 * time.Hour)
				// Real time goes by between two rotations of dates with seconds.
				at := time.Now().AddDate(0, 0, n)
				cmd := exec.CommandContext(t.Context(), "logrotate", "--force", "--state", f.at("/state"), f.at("/real.conf"))
				cmd.Env = append(os.Environ(), "LD_PRELOAD="+libfaketime(t), "FAKETIME=@"+at.Format(time.DateTime), "NO_FAKE_STAT=1")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if n >= rotate {
					deleted++
				}
				if strings.Contains(stanza, "nocreate") {
					f.add(2)
				}
				if random.IntN(3) == 0 {
					f.restart()
				}
				r := f.pass(quarter)
				for _, e := range r.Document.Events {
					switch e.Kind {
					case wire.EventGone, wire.EventTruncated, wire.EventEdited:
						lost = append(lost, string(e.Kind))
					}
				}
				for _, p := range r.Document.Problems {
					t.Errorf("problem: %+v", p)
				}
				want := min(n+1, rotate)
				if _, err := os.Stat(f.at(authLog)); err == nil {
					want++
				}
				if files := len(f.source(r).Segments); files != want {
					t.Errorf("after rotation %d there are %d segments; want %d", n+1, files, want)
				}
			}
			want := make([]string, deleted)
			for i := range want {
				want[i] = string(wire.EventGone)
			}
			if diff := cmp.Diff(want, lost); diff != "" {
				t.Errorf("losses in the ledger (-want +got):\n%s", diff)
			}
		})
	}
}

func libfaketime(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"} {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("needs libfaketime: apt-get install faketime")
	}
	t.Skip("needs libfaketime: apt-get install faketime")
	return ""
}
