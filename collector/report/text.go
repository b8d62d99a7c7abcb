package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

//go:embed text.yaml
var textFile []byte

// text is every word that the report prints; see text.yaml.
type text struct {
	Title         string                       `yaml:"title"`
	Titles        map[string]string            `yaml:"titles"` // by kind, where words serve several
	Absent        string                       `yaml:"absent"`
	None          string                       `yaml:"none"`
	Draft         string                       `yaml:"draft"`
	Open          string                       `yaml:"open"`
	Yes           string                       `yaml:"yes"`
	No            string                       `yaml:"no"`
	Running       string                       `yaml:"running"`
	Points        string                       `yaml:"points"`
	Date          string                       `yaml:"date"`
	Month         string                       `yaml:"month"`
	Minute        string                       `yaml:"minute"`
	ListSeparator string                       `yaml:"list_separator"`
	Total         string                       `yaml:"total"`
	More          string                       `yaml:"more"`
	Empty         string                       `yaml:"empty"`
	OpenNotice    string                       `yaml:"open_notice"`
	MovedNotice   string                       `yaml:"moved_notice"`
	Labels        map[string]map[string]string `yaml:"labels"`
	Cover         map[string]string            `yaml:"cover"`
	Quality       map[string]string            `yaml:"quality"`
	Sections      map[string]string            `yaml:"sections"`
	Numerals      []string                     `yaml:"numerals"`
	Paragraphs    map[string]string            `yaml:"paragraphs"`
	NotProvided   map[string][]string          `yaml:"not_provided"`
	Subheading    string                       `yaml:"subheading"`
	Headings      map[string]string            `yaml:"headings"`
	Blanks        map[string][]struct {
		Tag   string `yaml:"tag"`
		Label string `yaml:"label"`
	} `yaml:"blanks"`
	Tables map[string]struct {
		Title string `yaml:"title"`
		Note  string `yaml:"note"`
		Sheet string `yaml:"sheet"`
		// Empty stands in place of rows; where it is empty itself, the common word does.
		Empty string `yaml:"empty"`
	} `yaml:"tables"`
	Charts struct {
		Distribution chartText `yaml:"distribution"`
		Systems      chartText `yaml:"systems"`
		SystemsCut   string    `yaml:"systems_cut"`
		Bubbles      chartText `yaml:"bubbles"`
		Curve        chartText `yaml:"curve"`
		// BubbleScale names the size of the sample bubble, BubblesUnknown counts the
		// systems that are not drawn.
		BubbleScale    string `yaml:"bubble_scale"`
		BubblesUnknown string `yaml:"bubbles_unknown"`
		// SparkCPU and SparkMemory are of a system, whose name their titles take.
		SparkCPU    chartText `yaml:"spark_cpu"`
		SparkMemory chartText `yaml:"spark_memory"`
		SparkNote   string    `yaml:"spark_note"`
	} `yaml:"charts"`
	Series           map[string]string    `yaml:"series"`
	Columns          map[string]string    `yaml:"columns"`
	SizeValue        string               `yaml:"size_value"`
	SizeDiskValue    string               `yaml:"size_disk_value"`
	SizeVolumeValue  string               `yaml:"size_volume_value"`
	VolumesValue     string               `yaml:"volumes_value"`
	VolumeCount      string               `yaml:"volume_count"`
	ActionCount      string               `yaml:"action_count"`
	WorkingDaysValue string               `yaml:"working_days_value"`
	MonthsValue      string               `yaml:"months_value"`
	YuanValue        string               `yaml:"yuan_value"`
	Weekdays         []string             `yaml:"weekdays"`
	RestartValue     string               `yaml:"restart_value"`
	AdvisedValue     string               `yaml:"advised_value"`
	SavedValue       string               `yaml:"saved_value"`
	SurenessValue    string               `yaml:"sureness_value"`
	YuanNote         string               `yaml:"yuan_note"`
	LateValue        string               `yaml:"late_value"`
	RiskValue        string               `yaml:"risk_value"`
	DayRange         string               `yaml:"day_range"`
	MonthRange       string               `yaml:"month_range"`
	CriterionValue   string               `yaml:"criterion_value"`
	RollbackValue    string               `yaml:"rollback_value"`
	RollbackReclaim  string               `yaml:"rollback_reclaim"`
	AllocatedValue   string               `yaml:"allocated_value"`
	DiskValue        string               `yaml:"disk_value"`
	ExemptionNone    string               `yaml:"exemption_none"`
	ExemptionMissing string               `yaml:"exemption_missing"`
	WindowValue      string               `yaml:"window_value"`
	MonthsLowValue   string               `yaml:"months_low_value"`
	RankValue        string               `yaml:"rank_value"`
	ChartTexts       map[string]chartText `yaml:"chart_texts"`
	Assets           map[string]string    `yaml:"assets"`
	PlatformSide     string               `yaml:"platform_side"`
	Endless          string               `yaml:"endless"`
	Balanced         string               `yaml:"balanced"`
	Unbalanced       string               `yaml:"unbalanced"`
	StatedValue      string               `yaml:"stated_value"`
	DaysValue        string               `yaml:"days_value"`
	RangesValue      string               `yaml:"ranges_value"`
	Formulas         []struct {
		ID   string `yaml:"id"`
		Name string `yaml:"name"`
		Text string `yaml:"text"`
	} `yaml:"formulas"`

	// unnamed gathers the words that were asked for and are not there: a mistake
	// of ours, which Compose returns.
	unnamed *[]string
}

type chartText struct {
	Title string `yaml:"title"`
	Note  string `yaml:"note"`
}

//go:embed operation.yaml
var operationFile []byte

//go:embed capacity.yaml
var capacityFile []byte

// loadText reads the words of the usage report, those of operation, logs and capacity, and over
// them those of other files.
func loadText(over ...[]byte) (text, error) {
	t := text{unnamed: new([]string)}
	for _, file := range append([][]byte{textFile, operationFile, capacityFile}, over...) {
		d := yaml.NewDecoder(bytes.NewReader(file))
		d.KnownFields(true)
		if err := d.Decode(&t); err != nil {
			return t, fmt.Errorf("read words of the report: %w", err)
		}
	}
	return t, nil
}

// word returns words[name] and remembers a name that has none.
func (t text) word(where string, words map[string]string, name string) string {
	w, ok := words[name]
	if !ok {
		*t.unnamed = append(*t.unnamed, where+"."+name)
	}
	return w
}

// complete tells the words that were asked for and are not there.
func (t text) complete() error {
	if len(*t.unnamed) == 0 {
		return nil
	}
	slices.Sort(*t.unnamed)
	return fmt.Errorf("compose report: no words for %s", strings.Join(slices.Compact(*t.unnamed), ", "))
}

// label is the word for a value of ours. A value that has none, which a newer
// inventory or rule may bring, stands for itself; an empty one was not provided.
func (t text) label(group, value string) string {
	if value == "" {
		return t.Absent
	}
	if w, ok := t.Labels[group][value]; ok {
		return w
	}
	return value
}

func (t text) labels(group string, values []string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = t.label(group, v)
	}
	return t.given(strings.Join(words, t.ListSeparator))
}

// given is s, or the word for what was not provided.
func (t text) given(s string) string {
	if strings.TrimSpace(s) == "" {
		return t.Absent
	}
	return s
}

func (t text) date(d calendar.Date) string {
	if d.IsZero() {
		return t.Absent
	}
	return fmt.Sprintf(t.Date, d.Year, int(d.Month), d.Day)
}

func (t text) month(m calendar.Month) string { return fmt.Sprintf(t.Month, m.Year, int(m.Month)) }

// minute prints an instant in its own zone, which the caller of Build has set.
func (t text) minute(at time.Time) string {
	return fmt.Sprintf(t.Minute, at.Year(), int(at.Month()), at.Day(), at.Hour(), at.Minute())
}

func (t text) yesNo(b bool) string {
	if b {
		return t.Yes
	}
	return t.No
}

// fill executes a paragraph with printed values. The templates and values are ours.
func (t text) fill(paragraph string, values map[string]any) (string, error) {
	parsed, err := template.New("paragraph").Option("missingkey=error").Parse(paragraph)
	if err != nil {
		return "", fmt.Errorf("read paragraph of the report: %w", err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, values); err != nil {
		return "", fmt.Errorf("fill paragraph of the report: %w", err)
	}
	return b.String(), nil
}
