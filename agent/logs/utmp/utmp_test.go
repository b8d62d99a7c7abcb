package utmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entry is a record as the tests write it.
type entry struct {
	kind int
	user string
	at   time.Time
}

func second(n int) time.Time {
	return time.Date(2026, 10, 1, 0, 0, 0, 250_000_000, time.UTC).Add(time.Duration(n) * time.Second)
}

// file writes records of a layout, as glibc of either machine does.
func file(l Layout, entries ...entry) []byte {
	var out []byte
	for _, e := range entries {
		raw := make([]byte, l.size())
		binary.LittleEndian.PutUint16(raw, uint16(e.kind))
		binary.LittleEndian.PutUint32(raw[4:], 4711) // pid
		copy(raw[8:40], "~")
		copy(raw[40:44], "~~")
		copy(raw[44:76], e.user)
		copy(raw[76:332], "5.10.0-kylin")
		if l == Layout400 {
			binary.LittleEndian.PutUint64(raw[336:], 12) // session
			binary.LittleEndian.PutUint64(raw[344:], uint64(e.at.Unix()))
			binary.LittleEndian.PutUint64(raw[352:], uint64(e.at.Nanosecond()/1000))
		} else {
			binary.LittleEndian.PutUint32(raw[336:], 12)
			binary.LittleEndian.PutUint32(raw[340:], uint32(e.at.Unix()))
			binary.LittleEndian.PutUint32(raw[344:], uint32(e.at.Nanosecond()/1000))
		}
		out = append(out, raw...)
	}
	return out
}

func read(t *testing.T, data []byte) Reading {
	t.Helper()
	got, err := Read(iotest.HalfReader(bytes.NewReader(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

const user, dead = 7, 8

// weeks is a host with a clean and an unclean stop.
func weeks() []entry {
	return []entry{
		{typeBoot, "reboot", second(0)},
		{typeRunLevel, "runlevel", second(9)},
		{user, "root", second(100)},
		{typeRunLevel, "shutdown", second(200)},
		{typeBoot, "reboot", second(300)},
		{user, "root", second(400)},
		{dead, "", second(500)},
		{typeBoot, "reboot", second(900)},
		{user, "root", second(1000)},
	}
}

func TestRead(t *testing.T) {
	for _, layout := range []Layout{Layout384, Layout400} {
		want := Reading{
			Layout: layout, First: second(0), Last: second(1000), Records: 9,
			Events: []Event{
				{Boot, second(0), time.Time{}}, {Shutdown, second(200), second(100)}, {Boot, second(300), second(200)}, {Boot, second(900), second(500)},
			},
		}
		data := file(layout, weeks()...)
		got := read(t, data)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", layout, diff)
		}
		downs := []Down{{second(200), second(300), true}, {second(500), second(900), false}}
		if diff := cmp.Diff(downs, Downtime(got.Events)); diff != "" {
			t.Errorf("%s downtime (-want +got):\n%s", layout, diff)
		}
		want.Partial = 256
		if diff := cmp.Diff(want, read(t, append(bytes.Clone(data), make([]byte, 256)...))); diff != "" {
			t.Errorf("%s with a partial record (-want +got):\n%s", layout, diff)
		}
		// 400 records of each layout fill the same bytes as 384 or 400 of the other.
		many := make([]entry, 4800)
		for i := range many {
			many[i] = entry{user, "root", second(i)}
		}
		for _, n := range []int{1, 2, 24, 25, 384, 400, 4800} {
			got := read(t, file(layout, many[:n]...))
			if got.Layout != layout || got.Records != n || got.Partial != 0 || !got.Last.Equal(second(n-1)) {
				t.Errorf("%d records of %s: got %d of %s, %d partial, to %v", n, layout, got.Records, got.Layout, got.Partial, got.Last)
			}
		}
	}
}

func TestClocks(t *testing.T) {
	for _, layout := range []Layout{Layout384, Layout400} {
		got := read(t, file(layout,
			entry{typeBoot, "reboot", time.Unix(5, 0)}, // no clock
			entry{typeOldTime, "date", time.Unix(20, 0)},
			entry{typeNewTime, "date", second(0)},
			entry{user, "root", second(10)},
			entry{typeEmpty, "", time.Unix(0, 0)},
			entry{typeOldTime, "date", second(7200)},
			entry{typeNewTime, "date", second(20)},
			entry{user, "root", second(30)},
		))
		want := Reading{
			Layout: layout, First: second(0), Last: second(30), Records: 8, Implausible: 2, Empty: 1, Backward: 1,
			Events: []Event{{NewTime, second(0), time.Time{}}, {OldTime, second(7200), second(10)}, {NewTime, second(20), second(7200)}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", layout, diff)
		}
	}
}

func TestDowntime(t *testing.T) {
	for _, test := range []struct {
		name   string
		events []Event
		want   []Down
	}{
		{"nothing", nil, nil},
		{"first boot", []Event{{Boot, second(10), time.Time{}}}, nil},
		{"still off", []Event{{Shutdown, second(10), second(5)}}, nil},
		{"file begins with a shutdown", []Event{{Shutdown, second(10), time.Time{}}, {Boot, second(20), second(10)}}, []Down{{second(10), second(20), true}}},
		{"the clock was wrong", []Event{{Shutdown, second(30), second(5)}, {Boot, second(20), second(30)}, {Boot, second(40), second(35)}}, []Down{{second(35), second(40), false}}},
		{"shut down twice", []Event{{Shutdown, second(10), second(5)}, {Shutdown, second(12), second(10)}, {Boot, second(20), second(12)}}, []Down{{second(12), second(20), true}}},
	} {
		if diff := cmp.Diff(test.want, Downtime(test.events)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestOddFiles(t *testing.T) {
	if got := read(t, nil); got.Layout != "" || got.Partial != 0 {
		t.Errorf("empty: %+v", got)
	}
	if got := read(t, make([]byte, 100)); got.Partial != 100 {
		t.Errorf("shorter than a record: %+v", got)
	}
	text := []byte(strings.Repeat("Nov  1 10:00:00 host sshd[1]: this is no utmp file at all\n", 100))
	if _, err := Read(bytes.NewReader(text), int64(len(text))); !errors.Is(err, ErrNotUTMP) {
		t.Errorf("text: want %v, got %v", ErrNotUTMP, err)
	}
	if got := read(t, make([]byte, 384*4)); got.Records != 4 || got.Empty != 4 || !got.First.IsZero() {
		t.Errorf("zeros: %+v", got)
	}
	broken := errors.New("broken")
	data := file(Layout384, weeks()...)
	got, err := Read(io.MultiReader(bytes.NewReader(append(data, data...)), iotest.ErrReader(broken)), 1<<20)
	if !errors.Is(err, broken) || got.Records != 18 && got.Records != 0 {
		t.Errorf("broken reader: %d records, %v", got.Records, err)
	}
	many := make([]entry, 3*maxEvents)
	for i := range many {
		many[i] = entry{typeBoot, "reboot", second(i)}
	}
	if got := read(t, file(Layout384, many...)); len(got.Events) != maxEvents || got.Dropped != 2*maxEvents || !got.Events[maxEvents-1].At.Equal(got.Last) {
		t.Errorf("many boots: %d events, %d dropped", len(got.Events), got.Dropped)
	}
}

// program finds a program of util-linux.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: install util-linux", err)
		}
		t.Skip(err)
	}
	return path
}

// dump gives type, user and time of each record as utmpdump reads them.
func dump(t *testing.T, data []byte) [][3]string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "wtmp")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program(t, "utmpdump"), name).Output()
	if err != nil {
		t.Fatal(err)
	}
	var records [][3]string
	for line := range strings.Lines(string(out)) {
		parts := strings.Split(strings.TrimSuffix(strings.TrimSpace(line), "]"), "] [")
		if len(parts) != 8 {
			t.Fatalf("utmpdump: %q", line)
		}
		records = append(records, [3]string{strings.Trim(parts[0], "[ "), strings.TrimSpace(parts[3]), parts[7]})
	}
	return records
}

// compareDump holds a reading against what utmpdump says of the file.
func compareDump(t *testing.T, data []byte, got Reading) {
	t.Helper()
	records := dump(t, data)
	if len(records) != got.Records {
		t.Fatalf("want %d records, got %d", len(records), got.Records)
	}
	when := func(text string) time.Time {
		at, err := time.Parse("2006-01-02T15:04:05,000000-07:00", text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if want := when(records[0][2]); !want.Equal(got.First) {
		t.Errorf("first: want %v, got %v", want, got.First)
	}
	if want := when(records[len(records)-1][2]); !want.Equal(got.Last) {
		t.Errorf("last: want %v, got %v", want, got.Last)
	}
	var want, events []time.Time
	for _, r := range records {
		if r[0] == "2" || r[0] == "1" && r[1] == "shutdown" {
			want = append(want, when(r[2]).UTC())
		}
	}
	for _, e := range got.Events {
		if e.Kind == Boot || e.Kind == Shutdown {
			events = append(events, e.At)
		}
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("boots and shutdowns (-want +got):\n%s", diff)
	}
}

func TestAgainstUtmpdump(t *testing.T) {
	data := file(Layout384, weeks()...)
	compareDump(t, data, read(t, data))
}

// TestAgainstLast compares the downtime after a shutdown with what last -x prints.
func TestAgainstLast(t *testing.T) {
	data := file(Layout384, weeks()...)
	name := filepath.Join(t.TempDir(), "wtmp")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program(t, "last"), "-x", "--time-format", "iso", "-f", name)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []Down
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 7 && f[0] == "shutdown" {
			from, err1 := time.Parse(time.RFC3339, f[4])
			to, err2 := time.Parse(time.RFC3339, f[6])
			if err1 != nil || err2 != nil {
				t.Fatalf("last: %q: %v, %v", line, err1, err2)
			}
			want = append(want, Down{from, to, true})
		}
	}
	var got []Down
	for _, d := range Downtime(read(t, data).Events) {
		if d.Clean {
			got = append(got, Down{d.From.Truncate(time.Second), d.To.Truncate(time.Second), true})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 1 {
		t.Errorf("(-want +got):\n%s\n%s", diff, out)
	}
}

// truth reads a real file from the shared folder.
func truth(t *testing.T, name string) []byte {
	t.Helper()
	shared := os.Getenv("YUNJIAN_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	data, err := os.ReadFile(filepath.Join(shared, "data", "logs", name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v; set YUNJIAN_SHARED", err)
		}
		t.Skip(err)
	}
	return data
}

func TestRealFiles(t *testing.T) {
	for _, test := range []struct {
		name        string
		first, last string
		records     int
		partial     int
		boots       int
	}{
		{"utmp/velociraptor-wtmp.1", "2023-12-21T15:54:23.258616Z", "2023-12-21T17:34:32.25919Z", 26, 256, 0},
		{"plaso/utmp__utmp", "2013-12-13T14:45:09.688666Z", "2013-12-18T22:49:44.251947Z", 14, 0, 1},
	} {
		data := truth(t, test.name)
		got := read(t, data)
		compareDump(t, data[:len(data)-test.partial], got)
		boots := 0
		for _, e := range got.Events {
			if e.Kind == Boot {
				boots++
			}
		}
		type summary struct {
			Layout                  Layout
			First, Last             string
			Records, Partial, Boots int
		}
		want := summary{Layout384, test.first, test.last, test.records, test.partial, test.boots}
		if diff := cmp.Diff(want, summary{got.Layout, got.First.Format(time.RFC3339Nano), got.Last.Format(time.RFC3339Nano), got.Records, got.Partial, boots}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(Layout384, weeks()...))
	f.Add(file(Layout400, weeks()...))
	f.Add(append(file(Layout400, weeks()[:1]...), 1, 2, 3))
	f.Add([]byte("text\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if !errors.Is(err, ErrNotUTMP) {
				t.Error(err)
			}
			return
		}
		if got.Layout != "" && got.Records*got.Layout.size()+got.Partial != len(data) {
			t.Errorf("%d records and %d bytes are not %d", got.Records, got.Partial, len(data))
		}
		for _, d := range Downtime(got.Events) {
			if !d.From.Before(d.To) {
				t.Errorf("%+v", d)
			}
		}
	})
}
