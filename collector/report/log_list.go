package report

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// LogList is a list of logs that takes little memory: a large provider has hundreds of
// thousands, and most of their texts are the same. Every text is held once, and a log as
// numbers. Lists that were selected from another share its texts. The zero value is empty;
// a nil *LogList stands for logs that were not judged. It must not be copied once it has
// rows, and not be added to while another goroutine reads a list with the same texts.
type LogList struct {
	words *logWords
	rows  []packedLog
}

// logWords are the texts, runs of days and lists of codes of logs.
type logWords struct {
	texts []string
	ids   map[string]uint32
	gaps  []Gap
}

// id is the number of a text.
func (w *logWords) id(text string) uint32 {
	n, known := w.ids[text]
	if !known {
		n = uint32(len(w.texts))
		text = strings.Clone(text) // it may be part of something large
		w.texts = append(w.texts, text)
		w.ids[text] = n
	}
	return n
}

// packedLog is a Log as numbers: of its texts, of its days since 1970, and itself.
type packedLog struct {
	texts              [16]uint32
	days               [12]int32
	reasons            uint32 // as one text
	gapsFrom, gaps     uint32
	projected          float64 // NaN where not known
	attested, window   int32
	order              int16
	mandatory, endless bool
}

// texts and days are the fields of a log in the order in which they are packed.
func (l *Log) texts() [16]*string {
	return [16]*string{
		&l.Unit, &l.System, &l.Host, &l.Class, &l.ClassTitle, &l.Category, &l.CategoryTitle, &l.Stream, &l.Path, &l.Party, &l.Verdict, &l.Status,
		&l.Policy, &l.Reason, &l.Remedy, &l.WaivedBy,
	}
}

func (l *Log) days() [12]*calendar.Date {
	return [12]*calendar.Date{
		&l.JudgedOn, &l.RequiredFrom, &l.Obligation, &l.Earliest, &l.Latest, &l.FirstDeletion, &l.DiskFull, &l.AtRiskFrom, &l.Foreseen, &l.AccountableFrom,
		&l.WaivedUntil, &l.FirstFound,
	}
}

// noDay stands for the zero date, secondsOfDay converts.
const (
	noDay        = math.MinInt32
	secondsOfDay = 24 * 60 * 60
)

func dayNumber(d calendar.Date) int32 {
	if d.IsZero() {
		return noDay
	}
	return int32(d.In(time.UTC).Unix() / secondsOfDay)
}

func dayOf(n int32) calendar.Date {
	if n == noDay {
		return calendar.Date{}
	}
	return calendar.DateOf(time.Unix(int64(n)*secondsOfDay, 0).UTC())
}

// codeMark separates the codes of reasons in one text; no code has it.
const codeMark = "\n"

func (l *LogList) pack(log *Log) packedLog {
	if l.words == nil {
		l.words = &logWords{ids: map[string]uint32{}}
	}
	w := l.words
	p := packedLog{
		reasons: w.id(strings.Join(log.Reasons, codeMark)), projected: math.NaN(), attested: int32(log.AttestedDays), window: int32(log.WindowDays), order: int16(log.Order),
		mandatory: log.Mandatory, endless: log.Endless, gapsFrom: uint32(len(w.gaps)), gaps: uint32(len(log.Gaps)),
	}
	w.gaps = append(w.gaps, log.Gaps...)
	for i, text := range log.texts() {
		p.texts[i] = w.id(*text)
	}
	for i, day := range log.days() {
		p.days[i] = dayNumber(*day)
	}
	if log.ProjectedDays != nil {
		p.projected = *log.ProjectedDays
	}
	return p
}

// Add appends a log.
func (l *LogList) Add(log Log) { l.rows = append(l.rows, l.pack(&log)) }

// Set replaces the log at a place that is there.
func (l *LogList) Set(i int, log Log) { l.rows[i] = l.pack(&log) }

// Len is the number of logs; 0 of nil.
func (l *LogList) Len() int {
	if l == nil {
		return 0
	}
	return len(l.rows)
}

// At is the log at a place that is there. Its gaps must not be changed.
func (l *LogList) At(i int) (log Log) {
	p, w := &l.rows[i], l.words
	for k, text := range log.texts() {
		*text = w.texts[p.texts[k]]
	}
	for k, day := range log.days() {
		*day = dayOf(p.days[k])
	}
	if codes := w.texts[p.reasons]; codes != "" {
		log.Reasons = strings.Split(codes, codeMark)
	}
	if p.gaps > 0 {
		log.Gaps = w.gaps[p.gapsFrom : p.gapsFrom+p.gaps : p.gapsFrom+p.gaps]
	}
	if !math.IsNaN(p.projected) {
		log.ProjectedDays = new(p.projected)
	}
	log.AttestedDays, log.WindowDays, log.Order, log.Mandatory, log.Endless = int(p.attested), int(p.window), int(p.order), p.mandatory, p.endless
	return log
}

// All are the logs with their places, one at a time.
func (l *LogList) All() iter.Seq2[int, Log] {
	return func(yield func(int, Log) bool) {
		for i := range l.Len() {
			if !yield(i, l.At(i)) {
				return
			}
		}
	}
}

// row returns what gives the log at a place, until it is asked for the next.
func (l *LogList) row() func(i int) *Log {
	var now Log
	return func(i int) *Log {
		now = l.At(i)
		return &now
	}
}

// take appends a log of another list, whose texts are those of this one.
func (l *LogList) take(from *LogList, i int) {
	l.words = from.words
	l.rows = append(l.rows, from.rows[i])
}

// unit are the logs of a using unit: of nil nil, since what was not judged stays so.
func (l *LogList) unit(code string) *LogList {
	if l == nil {
		return nil
	}
	out := &LogList{words: l.words}
	for i := range l.rows {
		if l.words.texts[l.rows[i].texts[0]] == code {
			out.take(l, i)
		}
	}
	return out
}

// sort puts the logs into an order; equal ones stay in theirs.
func (l *LogList) sort(compare func(a, b *Log) int) {
	keys := make([]Log, len(l.rows))
	order := make([]int, len(l.rows))
	for i, log := range l.All() {
		keys[i], order[i] = log, i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(&keys[a], &keys[b]) })
	rows := make([]packedLog, len(order))
	for i, from := range order {
		rows[i] = l.rows[from]
	}
	l.rows = rows
}

// MarshalJSON prints the logs as a list.
func (l *LogList) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("null"), nil
	}
	all := make([]Log, 0, l.Len())
	for _, log := range l.All() {
		all = append(all, log)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("print logs: %w", err)
	}
	return text, nil
}
