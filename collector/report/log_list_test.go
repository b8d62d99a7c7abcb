package report

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// manyLogs are logs of two units that use every field.
func manyLogs() []Log {
	days := 0.5
	full := Log{
		Unit: "u1", System: "s1", Host: "h1", Class: "c", ClassTitle: "类", Category: "k", CategoryTitle: "别", Order: 3, Stream: "x", Path: "/a", Party: "unit", Mandatory: true,
		Verdict: "violated", Status: statusBroken, JudgedOn: september(30), RequiredFrom: september(1), Obligation: september(2), Earliest: september(3), Latest: september(4),
		Gaps: []Gap{{september(5), september(6)}, {september(8), september(8)}}, Policy: "p", ProjectedDays: &days, FirstDeletion: september(9), DiskFull: september(10),
		AtRiskFrom: september(11), Foreseen: september(12), AccountableFrom: september(13), AttestedDays: 14, WindowDays: 183, Reasons: []string{"gap", "edited"}, Reason: "因", Remedy: "改",
		WaivedBy: "w", WaivedUntil: september(15), FirstFound: september(16),
	}
	other := full
	other.Unit, other.Host, other.Gaps, other.ProjectedDays, other.Endless, other.Mandatory, other.Reasons = "u2", "h2", nil, nil, true, false, nil
	old := Log{Unit: "u1", JudgedOn: calendar.Date{Year: 1969, Month: 12, Day: 31}, Earliest: calendar.Date{Year: 1, Month: 1, Day: 1}}
	return []Log{full, other, {}, old, full}
}

func listOf(logs []Log) *LogList {
	l := &LogList{}
	for _, log := range logs {
		l.Add(log)
	}
	return l
}

func unpackedLogs(l *LogList) (out []Log) {
	for _, log := range l.All() {
		out = append(out, log)
	}
	return out
}

// What is packed comes out as it went in.
func TestLogList(t *testing.T) {
	want := manyLogs()
	l := listOf(want)
	if diff := cmp.Diff(want, unpackedLogs(l)); diff != "" {
		t.Error(diff)
	}
	text, err := json.Marshal(map[string]*LogList{"logs": l, "none": nil})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(map[string][]Log{"logs": want, "none": nil})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(plain), string(text)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Log{want[0], want[3], want[4]}, unpackedLogs(l.unit("u1"))); diff != "" {
		t.Error("of a unit:", diff)
	}
	var none *LogList
	if none.unit("u1") != nil || none.Len() != 0 || len(unpackedLogs(none)) > 0 || l.unit("u9") == nil {
		t.Error("logs that were not judged, and none of a unit, are not told apart")
	}
	sorted := &LogList{}
	for i := range l.Len() {
		sorted.take(l, i)
	}
	sorted.sort(func(a, b *Log) int { return -a.JudgedOn.Compare(b.JudgedOn) })
	if diff := cmp.Diff([]Log{want[0], want[1], want[4], want[3], want[2]}, unpackedLogs(sorted)); diff != "" {
		t.Error("sorted:", diff)
	}
	want[1].Latest, want[1].Policy = september(20), "later"
	l.Set(1, want[1])
	if diff := cmp.Diff(want, unpackedLogs(l)); diff != "" {
		t.Error("after a change:", diff)
	}
}

// The data of a report have one hash, in whichever order the logs' texts were met.
func TestHashOfLogs(t *testing.T) {
	hash := func(l *LogList) string {
		t.Helper()
		h, err := batchOf(september(30).In(time.UTC), LogInput{Logs: l})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	logs := manyLogs()
	l := listOf(logs)
	fromLater := listOf(logs[4:])
	for i, log := range logs {
		if i == 0 {
			fromLater.Set(0, log)
			continue
		}
		fromLater.Add(log)
	}
	if hash(l) != hash(fromLater) {
		t.Error("the same logs have two hashes")
	}
	changed := manyLogs()
	changed[4].Gaps[1].To = september(9)
	if hash(l) == hash(listOf(changed)) || hash(l) == hash(nil) || hash(&LogList{}) == hash(nil) {
		t.Error("other logs have the same hash")
	}
}

// A large table has the rows that it would have one by one, also after it was kept.
func TestPacked(t *testing.T) {
	words, err := loadText(securityFile)
	if err != nil {
		t.Fatal(err)
	}
	n := logNames{systems: map[string]string{"s1": "一"}, units: map[string]string{"u1": "甲", "u2": "乙"}, due: func(Log) calendar.Date { return september(30) }}
	l := listOf(manyLogs())
	plain := brokenTable(words, "sec_broken", l, 0, n, true)
	text, err := json.Marshal(brokenAnnex(words, l, n)) //nolint:musttag // as the ledger keeps it
	if err != nil {
		t.Fatal(err)
	}
	var kept Table
	if err := json.Unmarshal(text, &kept); err != nil { //nolint:musttag // see above
		t.Fatal(err)
	}
	if kept.Rows != nil || kept.Len() != plain.Len() || kept.Len() != l.Len() {
		t.Fatalf("%d rows, %d of them plain; want %d", kept.Len(), len(kept.Rows), plain.Len())
	}
	var rows [][]Cell
	for i := range kept.Len() {
		rows = append(rows, kept.Row(i, nil))
	}
	if diff := cmp.Diff(plain.Rows, rows); diff != "" {
		t.Error(diff)
	}
	kept.Packed, kept.Rows = nil, plain.Rows
	if diff := cmp.Diff(*plain, kept); diff != "" {
		t.Error("but for its rows:", diff)
	}
	if diff := cmp.Diff(brokenTable(words, "sec_broken", &LogList{}, 0, n, true), brokenAnnex(words, &LogList{}, n)); diff != "" {
		t.Error("without rows:", diff)
	}
	gaps := gapAnnex(words, l, n)
	var got []string
	for i := range gaps.Len() {
		row := gaps.Row(i, nil)
		got = append(got, fmt.Sprint(row[0].Text, " ", row[len(row)-1].Text))
	}
	if diff := cmp.Diff([]string{"h1 2", "h1 1", "h1 2", "h1 1"}, got); diff != "" {
		t.Error("gaps:", diff)
	}
}
