package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

//go:embed issue.yaml
var issueFile []byte

type issueText struct {
	Correction      string `yaml:"correction"`
	CorrectionValue string `yaml:"correction_value"`
	Late            string `yaml:"late"`
	LateUsage       string `yaml:"late_usage"`
	LatePower       string `yaml:"late_power"`
	Separator       string `yaml:"separator"`
	Open            string `yaml:"open"`
}

// Issue is what the ledger knows of a report that is printed, of whatever kind.
type Issue struct {
	// Version is the number of the issue; Correction is why it replaces the one before.
	Version    int
	Correction string
	// ClosedAt is when the month was closed; zero while it is not.
	ClosedAt time.Time
	// Late is what came for the month after it was closed; no figure of the report has it.
	Late Late
	// Signature takes the draft mark away; nil for a draft.
	Signature *Signature
}

// Late counts what came for a closed month afterwards.
type Late struct {
	// UsageHosts and Buckets count values of five minutes, PowerHosts and Offs times off.
	UsageHosts int `json:"usage_hosts"`
	Buckets    int `json:"buckets"`
	PowerHosts int `json:"power_hosts"`
	Offs       int `json:"offs"`
}

// Signature says who answers for a report.
type Signature struct {
	By, ReviewedBy string
	On             calendar.Date
}

// The tags of the parts of a cover that a signature fills in, if nobody wrote there.
const (
	tagReviewedBy = "cover.reviewed_by"
	tagSignedBy   = "cover.signed_by"
	tagIssueDate  = "cover.issue_date"
)

// SignatureTags are the parts of a cover that belong to one version: a correction has to be
// reviewed and signed anew.
func SignatureTags() []string { return []string{tagReviewedBy, tagSignedBy, tagIssueDate} }

// Issue marks the document as a draft, as open, as a correction, or as signed, and says
// what came late. It is the same for every kind of report and takes no other part away.
// An error means that the words are broken.
func (d *Document) Issue(i Issue) error {
	t, err := loadText()
	if err != nil {
		return err
	}
	var w issueText
	decoder := yaml.NewDecoder(bytes.NewReader(issueFile))
	decoder.KnownFields(true)
	if err := decoder.Decode(&w); err != nil {
		return fmt.Errorf("read words of an issue: %w", err)
	}
	d.Marks = slices.DeleteFunc(slices.Clone(d.Marks), func(m string) bool { return m == t.Draft })
	if i.Signature == nil {
		d.Marks = append([]string{t.Draft}, d.Marks...)
	}
	d.Notices = slices.Clone(d.Notices)
	if i.ClosedAt.IsZero() && !slices.Contains(d.Marks, t.Open) {
		d.Marks, d.Notices = append(d.Marks, t.Open), append([]string{w.Open}, d.Notices...)
	}
	if text := w.late(i.Late); text != "" && !i.ClosedAt.IsZero() {
		d.Notices = append(d.Notices, fmt.Sprintf(w.Late, i.Version, t.minute(i.ClosedAt), text))
	}
	d.cover(func(pairs []Pair) []Pair {
		if i.Correction != "" {
			pairs = append([]Pair{{Label: w.Correction, Value: fmt.Sprintf(w.CorrectionValue, i.Correction)}}, pairs...)
		}
		if s := i.Signature; s != nil {
			fill := map[string]string{tagReviewedBy: s.ReviewedBy, tagSignedBy: s.By, tagIssueDate: t.date(s.On)}
			for k := range pairs {
				if v := fill[pairs[k].Tag]; v != "" && (pairs[k].Value == d.Absent || pairs[k].Value == "") {
					pairs[k].Value = v
				}
			}
		}
		return pairs
	})
	return nil
}

// cover changes the cover, and its copy on the first sheet that has one.
func (d *Document) cover(change func([]Pair) []Pair) {
	first := ""
	if len(d.Cover) > 0 {
		first = d.Cover[0].Label
	}
	d.Sheets = slices.Clone(d.Sheets)
	for i := range d.Sheets {
		if s := &d.Sheets[i]; len(s.Pairs) > 0 && s.Pairs[0].Label == first {
			s.Pairs = change(slices.Clone(s.Pairs))
			break
		}
	}
	d.Cover = change(slices.Clone(d.Cover))
}

func (w issueText) late(l Late) string {
	var parts []string
	if l.Buckets > 0 {
		parts = append(parts, fmt.Sprintf(w.LateUsage, l.UsageHosts, l.Buckets))
	}
	if l.Offs > 0 {
		parts = append(parts, fmt.Sprintf(w.LatePower, l.PowerHosts, l.Offs))
	}
	return strings.Join(parts, w.Separator)
}
