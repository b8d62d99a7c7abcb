package rightsize

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/words"
)

// text is one sentence in the two languages.
type text struct {
	Chinese string `yaml:"zh"`
	English string `yaml:"en"`
}

// Texts are the sentences of explanations, by name.
type Texts map[string]text

//go:embed texts.yaml
var embeddedTexts []byte

// LoadTexts returns the embedded sentences. An error means that they are broken.
func LoadTexts() (Texts, error) {
	var t Texts
	d := yaml.NewDecoder(bytes.NewReader(embeddedTexts))
	d.KnownFields(true)
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("read texts of recommendations: %w", err)
	}
	return t, nil
}

// values are those of a sentence: name and value by turns. A value that is a text is taken
// in the language of the sentence.
type values []any

// of is the value of a name.
func (v values) of(name string) (text, bool) {
	for i := 0; i+1 < len(v); i += 2 {
		if v[i] != name {
			continue
		}
		switch value := v[i+1].(type) {
		case text:
			return value, true
		case string:
			return text{value, value}, true
		default:
			s := fmt.Sprint(value)
			return text{s, s}, true
		}
	}
	return text{}, false
}

// speech grows in both languages at once.
type speech struct {
	texts  Texts
	zh, en strings.Builder
}

// put gives a sentence in both languages.
func (t Texts) put(name string, with values) text {
	from := t[name]
	return text{
		words.Fill(from.Chinese, func(name string) (string, bool) { v, ok := with.of(name); return v.Chinese, ok }),
		words.Fill(from.English, func(name string) (string, bool) { v, ok := with.of(name); return v.English, ok }),
	}
}

func (s *speech) say(name string, w ...any) {
	t := s.texts.put(name, w)
	s.zh.WriteString(t.Chinese)
	if s.en.Len() > 0 {
		s.en.WriteByte(' ')
	}
	s.en.WriteString(t.English)
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

// short leaves out zeros behind the point.
func short(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

func percentage(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + " %" }

func (t Texts) size(s Size) text {
	return t.put("size", values{"vcpu", short(s.VCPU), "memory", short(s.MemoryMiB / 1024)})
}

// chance is a predicted probability; unknown where there is none.
func (t Texts) chance(p *float64) text {
	if p == nil {
		return t["unknown"]
	}
	if *p < 0.001 {
		return text{"< 0.1 %", "< 0.1 %"}
	}
	return text{percentage(*p), percentage(*p)}
}

// share is a part of a whole; unknown where there is no whole.
func (t Texts) share(part, whole float64) text {
	if whole <= 0 {
		return t["unknown"]
	}
	return text{percentage(part / whole), percentage(part / whole)}
}

// explain writes what a recommendation rests on, what it says, what it is worth, how sure
// it is, and what would change it.
func (a *Advisor) explain(h *Assessment, r *Recommendation) {
	s := &speech{texts: a.Texts}
	t, e := a.Texts, r.Evidence
	if e.Coverage == 0 {
		s.say("nothing", "from", e.From, "to", e.To)
	} else {
		s.say("evidence", "from", e.From, "to", e.To, "coverage", percentage(e.Coverage),
			"cpu_mean", number(e.CPU.Mean), "cpu_p95", number(e.CPU.P95), "cpu_p95_share", t.share(e.CPU.P95, r.Current.VCPU), "cpu_p99", number(e.CPU.P99),
			"cpu_max", number(e.CPU.Max), "cpu_max_at", e.CPU.MaxAt,
			"memory_p95", number(e.Memory.P95/1024), "memory_p95_share", t.share(e.Memory.P95, r.Current.MemoryMiB), "memory_p99", number(e.Memory.P99/1024),
			"memory_max", number(e.Memory.Max/1024), "memory_max_at", e.Memory.MaxAt)
	}
	if e.CPU.Within > 0 {
		s.say("within", "within", number(e.CPU.Within))
	}
	if e.CPU.Weekly >= 0.3 {
		s.say("weekly", "weekly", percentage(e.CPU.Weekly))
	}
	a.propose(s, h, r)
	if saved := r.Saving; r.Action == Upsize {
		s.say("costing", "cores", short(-saved.Cores), "memory", short(-saved.MemoryGiB), "yuan", t.yuan(saved.Yuan, -1))
	} else if r.Action != Keep {
		name := "saving"
		if r.Target == (Size{}) && r.Current.DiskGiB == 0 {
			name = "saving_unknown"
		}
		s.say(name, "cores", short(saved.Cores), "memory", short(saved.MemoryGiB), "disk", short(saved.DiskGiB), "yuan", t.yuan(saved.Yuan, 1))
	}
	switch {
	case r.Restart && h.quiet >= 0:
		hour := h.quiet
		r.RestartHour = &hour
		s.say("restart", "window", t.window(hour))
	case r.Restart:
		s.say("restart_any")
	}
	doubts := h.doubts
	if len(doubts) == 0 && r.Confidence != "high" {
		doubts = []text{t["unsure"]}
	}
	s.say(r.Confidence, "doubts", join(doubts))
	s.say(map[Action]string{Downsize: "change_down", Upsize: "change_up", Reclaim: "change_back", Consolidate: "change_back"}[r.Action]+
		map[bool]string{true: "change_keep"}[r.Action == Keep || r.Action == Shrink],
		"target_vcpu", short(r.Target.VCPU), "target_memory", short(r.Target.MemoryMiB/1024))
	r.Chinese, r.English = s.zh.String(), s.en.String()
}

// propose says what is to be done.
func (a *Advisor) propose(s *speech, h *Assessment, r *Recommendation) {
	t, e := a.Texts, r.Evidence
	current, target := t.size(r.Current), t.size(r.Target)
	after := []any{
		"current", current, "target", target,
		"cpu_risk", t.chance(r.CPURisk), "memory_risk", t.chance(r.MemoryRisk),
		"cpu_after", t.share(e.CPU.P95, r.Target.VCPU), "memory_after", t.share(e.Memory.P95, r.Target.MemoryMiB),
	}
	switch r.Action {
	case Downsize, Upsize, Consolidate:
		s.say(string(r.Action), after...)
	case Reclaim:
		s.say("reclaim", "current", current, "why", strings.TrimSuffix(h.host.Reclaim, "。"))
	case Shrink:
		s.say("shrink", "current_disk", short(r.Current.DiskGiB), "target_disk", short(r.Target.DiskGiB), "used", short(*h.host.StorageUsedGiB))
	default:
		switch o := h.least; {
		case h.thin:
			s.say("keep_thin", "current", current)
		case o == nil:
			s.say("keep_smallest", "current", current)
		default:
			s.say("keep_risk", "current", current, "nearest", t.size(o.flavor.Size), "cpu_risk", t.chance(probability(o.cpu)), "memory_risk", t.chance(probability(o.memory)))
		}
	}
}

// nearest is the option of least risk; nil without any.
func (h *Assessment) nearest() *option {
	var best *option
	for i := range h.options {
		if o := &h.options[i]; best == nil || max(o.risk(o.cpu), o.risk(o.memory)) < max(best.risk(best.cpu), best.risk(best.memory)) {
			best = o
		}
	}
	return best
}

func (t Texts) yuan(amount *float64, sign float64) text {
	if amount == nil {
		return t["no_yuan"]
	}
	return t.put("yuan", values{"amount", number(sign * *amount)})
}

// window is two hours of the week, from an hour since Sunday midnight.
func (t Texts) window(hour int) text {
	of := func(days string) string {
		name := strings.Fields(days)
		return fmt.Sprintf("%s %02d:00–%02d:00", name[hour/24%len(name)], hour%24, (hour%24+2)%24)
	}
	return text{of(t["days"].Chinese), of(t["days"].English)}
}

func join(all []text) text {
	var zh, en []string
	for _, d := range all {
		zh, en = append(zh, d.Chinese), append(en, d.English)
	}
	return text{strings.Join(zh, "；"), strings.Join(en, "; ")}
}
