package proposal

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/rightsize"
	"github.com/yunjian-io/yunjian/rules/words"
)

// Text is one text in the two languages.
type Text struct {
	Chinese string `yaml:"zh" json:"zh"`
	English string `yaml:"en" json:"en"`
}

// Texts are the words of the workflow, by code.
type Texts struct {
	States    map[State]Text    `yaml:"states"`
	Kinds     map[Kind]Text     `yaml:"kinds"`
	Roles     map[Role]Text     `yaml:"roles"`
	Answers   map[Answer]Text   `yaml:"answers"`
	Reasons   map[Why]Text      `yaml:"reasons"`
	Decisions map[Decision]Text `yaml:"decisions"`
	// Guard is by the state of the guard.
	Guard map[string]Text `yaml:"guard"`
}

//go:embed texts.yaml
var embeddedTexts []byte

// LoadTexts returns the embedded texts. An error means that they are broken.
func LoadTexts() (Texts, error) {
	var t Texts
	d := yaml.NewDecoder(bytes.NewReader(embeddedTexts))
	d.KnownFields(true)
	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("read texts of the workflow: %w", err)
	}
	return t, nil
}

// Codes writes answers, reasons and decisions that were given as Chinese words by their
// codes, as files that people fill in hold them. Unknown words are left for Apply to refuse.
func (t Texts) Codes(d Data) Data {
	if d.Reply != nil {
		r := *d.Reply
		r.Items = append([]ItemReply(nil), r.Items...)
		for i := range r.Items {
			r.Items[i].Answer = code(t.Answers, r.Items[i].Answer)
			r.Items[i].Why = code(t.Reasons, r.Items[i].Why)
		}
		d.Reply = &r
	}
	if d.Review != nil {
		r := *d.Review
		r.Items = append([]ItemReview(nil), r.Items...)
		for i := range r.Items {
			r.Items[i].Decision = code(t.Decisions, r.Items[i].Decision)
		}
		d.Review = &r
	}
	return d
}

func code[T ~string](words map[T]Text, given T) T {
	word := strings.TrimSpace(string(given))
	for c, text := range words {
		if text.Chinese == word {
			return c
		}
	}
	return T(word)
}

// Fill puts values in place of the words in braces.
func (t Text) Fill(values map[string]string) Text {
	value := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	return Text{words.Fill(t.Chinese, value), words.Fill(t.English, value)}
}

// DescribeGuard says what the guard found. risk is the predicted CPU risk, 0 to 1, target
// names the size to restore.
func (t Texts) DescribeGuard(f rightsize.GuardFinding, risk *float64, target string) Text {
	predicted := "—"
	if risk != nil {
		predicted = fmt.Sprintf("%.2f %%", 100**risk)
	}
	return t.Guard[string(f.State)].Fill(map[string]string{
		"day": f.Day.String(), "trigger": f.Trigger.String(), "due": f.Due.Date.String(), "target": target, "peak_at": f.PeakAt,
		"cpu_above": fmt.Sprint(f.CPUAbove), "cpu_allowed": fmt.Sprint(f.CPUAllowed), "memory_above": fmt.Sprint(f.MemoryAbove),
		"cpu_peak": fmt.Sprintf("%.2f", f.CPUPeak), "memory_peak": fmt.Sprintf("%.2f", f.MemoryPeak/1024), "cpu_risk": predicted,
	})
}
