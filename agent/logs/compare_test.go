package logs

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newWatched is a host with a log of 300 hourly records that was watched for a day. Its
// clock is that of the machine, so that an append sets the times that it sets anywhere.
func newWatched(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.now = time.Now().UTC().Truncate(time.Second)
	f.restart()
	f.grow(300)
	f.pass(0)
	f.pass(time.Second)
	return f
}

// grow appends records of equal length and leaves the times to the kernel.
func (f *fixture) grow(n int) {
	f.t.Helper()
	f.must(os.MkdirAll(f.at("/var/log"), 0o755))
	file, err := os.OpenFile(f.at(authLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	f.must(err)
	_, err = file.WriteString(f.equal(n))
	f.must(err)
	f.must(file.Close())
}

// equal are hourly records of the same length up to now.
func (f *fixture) equal(n int) string {
	var b strings.Builder
	for h := n - 1; h >= 0; h-- {
		fmt.Fprintf(&b, "%s host app[1]: %08d\n", f.now.Add(-time.Duration(h)*time.Hour).Format(time.RFC3339), n-h)
	}
	return b.String()
}

// A steady pass asks for stamps and reads nothing; of a file that grew it reads what was
// appended, and once a day its beginning.
func TestReadsAppendedBytesOnly(t *testing.T) {
	f := newWatched(t)
	for i := 1; i <= 5; i++ {
		f.write(fmt.Sprintf("%s.%d", authLog, i), f.lines(3000+i))
	}
	f.pass(quarter)
	f.pass(quarter)
	before := f.observer.Usage()
	f.pass(quarter)
	after := f.observer.Usage()
	if after.ReadBytes != before.ReadBytes || after.Opens != 0 {
		t.Errorf("a pass without changes read %d bytes and opened %d files", after.ReadBytes-before.ReadBytes, after.Opens)
	}
	grow := func(wait time.Duration, records int) (read, appended int64) {
		before, size := f.observer.Usage().ReadBytes, len(f.read(authLog))
		f.now = f.now.Add(wait)
		f.grow(records)
		f.pass(0)
		return f.observer.Usage().ReadBytes - before, int64(len(f.read(authLog)) - size)
	}
	for n := range 3 {
		if read, appended := grow(quarter, 1+n); read != appended {
			t.Errorf("%d bytes were read of %d that were appended", read, appended)
		}
	}
	if read, appended := grow(completeDay, 1); read != appended+headBytes {
		t.Errorf("a day later %d bytes were read of %d that were appended; want the beginning, too", read, appended)
	}
	if read, appended := grow(quarter, 100); read <= appended || read > appended+headBytes+tailBytes {
		t.Errorf("%d bytes were read of %d that were appended at once; want the attested end, too", read, appended)
	}
}

// What is not growth although a stamp shows no more than growth.
func TestGrowthThatIsNone(t *testing.T) {
	tests := []struct {
		name       string
		do         func(f *fixture)
		want, late []string // in the next pass, and a day later
	}{
		{"growth", func(f *fixture) { f.grow(2) }, nil, nil},
		{"growth by lines without times", func(f *fixture) {
			file, err := os.OpenFile(f.at(authLog), os.O_APPEND|os.O_WRONLY, 0)
			f.must(err)
			_, err = file.WriteString("  at main.run(main.go:12)\n")
			f.must(err)
			f.must(file.Close())
		}, nil, nil},
		{"emptied and outgrown by other lines", func(f *fixture) {
			f.must(os.Truncate(f.at(authLog), 0))
			f.grow(290)
			f.add(8)
		}, []string{"truncated auth.log"}, nil},
		{"emptied and outgrown by lines of another length", func(f *fixture) {
			f.must(os.WriteFile(f.at(authLog), []byte(strings.ReplaceAll(f.equal(303), "host", "hosts")), 0o644))
		}, []string{"truncated auth.log"}, nil},
		{"a line taken out, and growth", func(f *fixture) {
			whole := string(f.read(authLog))
			cut := strings.Index(whole, "\n") + 1
			f.must(os.WriteFile(f.at(authLog), []byte(whole[cut:cut+200]+whole[cut+230:]+f.equal(9)), 0o644))
		}, []string{"truncated auth.log"}, nil},
		{"copied, emptied and outgrown by lines of the same length", func(f *fixture) {
			f.write(authLog+".1", string(f.read(authLog)))
			f.must(os.Truncate(f.at(authLog), 0))
			f.grow(303)
		}, []string{"copytruncate auth.log -> auth.log.1"}, nil},
		{"emptied and outgrown by lines of the same length", func(f *fixture) {
			f.must(os.Truncate(f.at(authLog), 0))
			f.now = f.now.Add(time.Minute)
			f.grow(303)
		}, nil, []string{"truncated auth.log"}},
		{"the same by an agent that starts", func(f *fixture) {
			f.must(os.Truncate(f.at(authLog), 0))
			f.now = f.now.Add(time.Minute)
			f.grow(303)
			f.restart()
		}, []string{"truncated auth.log"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newWatched(t)
			f.now = f.now.Add(quarter)
			tt.do(f)
			if diff := cmp.Diff(tt.want, f.told(f.pass(0))); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			f.now = f.now.Add(completeDay)
			f.grow(1)
			if diff := cmp.Diff(tt.late, f.told(f.pass(0))); diff != "" {
				t.Errorf("ledger a day later (-want +got):\n%s", diff)
			}
		})
	}
}
