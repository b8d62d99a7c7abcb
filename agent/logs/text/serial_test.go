package text

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// auditLog writes audit records, one a second from 2026-10-01 on; a text stands for a
// record of auditd of that type.
func auditLog(records ...any) string {
	var b strings.Builder
	second := date("2026-10-01 00:00:00").Unix()
	for _, r := range records {
		switch r := r.(type) {
		case int:
			fmt.Fprintf(&b, "type=SYSCALL msg=audit(%d.250:%d): arch=c000003e comm=\"msg=audit(1.0:7):\"\n", second, r)
			fmt.Fprintf(&b, "type=CWD msg=audit(%d.250:%d):  cwd=\"/\"\n", second, r)
		case string:
			fmt.Fprintf(&b, "type=%s msg=audit(%d.300:4711): op=start ver=3\n", r, second)
		}
		second++
	}
	return b.String()
}

func serialGap(from, to int, missing uint64) Gap {
	second := func(n int) time.Time {
		return date("2026-10-01 00:00:00").Add(time.Duration(n)*time.Second + 250*time.Millisecond)
	}
	return Gap{Kind: GapSerial, From: second(from), To: second(to), Missing: missing}
}

func TestSerials(t *testing.T) {
	var many []any
	for i := range 3000 {
		many = append(many, 100+i)
	}
	for _, test := range []struct {
		name    string
		records []any
		want    Serial
		gaps    []Gap
	}{
		{"none", nil, Serial{}, nil},
		{"consecutive", []any{10, 11, 12}, Serial{First: 10, Last: 12}, nil},
		{"mixed", []any{10, 12, 11, 14, 15, 13, 16}, Serial{First: 10, Last: 16}, nil},
		{"three missing", []any{10, 11, 15, 16}, Serial{First: 10, Last: 16}, []Gap{serialGap(1, 2, 3)}},
		{"three missing, one came late", []any{10, 11, 15, 13, 16}, Serial{First: 10, Last: 16}, []Gap{serialGap(1, 2, 1), serialGap(1, 2, 1)}},
		{"edges came late", []any{10, 15, 11, 14, 16}, Serial{First: 10, Last: 16}, []Gap{serialGap(0, 1, 2)}},
		{"far behind", append([]any{10}, many...), Serial{First: 10, Last: 3099}, []Gap{serialGap(0, 1, 89)}},
		{"auditd was started again", []any{10, 11, "DAEMON_END", "DAEMON_START", 50, 51}, Serial{First: 10, Last: 51, Restarts: 1}, nil},
		{"a boot without a start", []any{5000, 5001, 3, 4, 6}, Serial{First: 5000, Last: 6, Restarts: 1}, []Gap{serialGap(3, 4, 1)}},
		{"begins with a start", []any{"DAEMON_START", 50, 51}, Serial{First: 50, Last: 51, Fresh: true}, nil},
		{"other records of auditd", []any{"DAEMON_CONFIG", 50, "DAEMON_ROTATE", 51}, Serial{First: 50, Last: 51}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := scan(t, []byte(auditLog(test.records...)), Options{ModTime: autumn(), Serials: true}, rand.New(rand.NewPCG(1, 2)))
			if diff := cmp.Diff(test.want, got.Serial); diff != "" {
				t.Errorf("serial (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.gaps, got.Gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}

// TestManySerialGaps loses every second event, which no memory holds one by one.
func TestManySerialGaps(t *testing.T) {
	var records []any
	for i := range 2000 {
		records = append(records, 2*i)
	}
	got := scan(t, []byte(auditLog(records...)), Options{ModTime: autumn(), Serials: true}, rand.New(rand.NewPCG(1, 2)))
	var missing uint64
	for _, g := range got.Gaps {
		missing += g.Missing
	}
	if len(got.Gaps) != maxSerialGaps || missing != 1999 {
		t.Errorf("want %d gaps of 1999 events, got %d of %d", maxSerialGaps, len(got.Gaps), missing)
	}
	if want := serialGap(0, 1999, 0).To; !got.Gaps[maxSerialGaps-1].To.Equal(want) {
		t.Errorf("the last gap: want it to end at %v, got %v", want, got.Gaps[maxSerialGaps-1].To)
	}
}

// TestSerialsInRealLogs are the two files of audit-userspace, without a hole.
func TestSerialsInRealLogs(t *testing.T) {
	fsys := truth(t)
	for name, want := range map[string]Serial{
		"auditd/test.log":  {First: 293, Last: 299},
		"auditd/test2.log": {First: 283, Last: 289},
	} {
		data := realLog{name: name}.plain(t, fsys)
		got := scan(t, data, Options{ModTime: autumn(), Serials: true}, rand.New(rand.NewPCG(1, 2)))
		if diff := cmp.Diff(want, got.Serial); diff != "" || len(got.Gaps) != 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, got.Gaps, diff)
		}
	}
}
