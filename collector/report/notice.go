package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Notice holds every figure of a notice of low utilisation, or of the office's summary.
type Notice struct {
	Period   calendar.Month `json:"period"`
	Open     bool           `json:"open"`
	Through  time.Time      `json:"through"`
	JudgedAt time.Time      `json:"judged_at"`
	JudgedBy string         `json:"judged_by"`
	Program  string         `json:"program"`
	Version  int            `json:"version"`
	Batch    string         `json:"data_batch"`
	AsOf     calendar.Date  `json:"as_of"`
	Provider Party          `json:"provider"`
	Unit     Party          `json:"unit"`
	// Rules are those behind the proposals.
	Rules    []Rule             `json:"rules"`
	Workflow proposal.Settings  `json:"workflow"`
	Limits   rightsize.Settings `json:"limits"`
	// Systems are those of the month's proposals.
	Systems []NoticeSystem `json:"systems"`
	// Ledger has every proposal of the input; Units sum those of the month up (C8).
	Ledger []LedgerRow `json:"ledger"`
	Units  []UnitState `json:"units"`
	Total  UnitState   `json:"total"`
}

// NoticeSystem is a system that is given notice, with its evidence and its proposals.
type NoticeSystem struct {
	Entry
	UnitName string `json:"unit_name"`
	// Finding is the one on the system itself; nil where only hosts of it are to be reclaimed.
	Finding *Judgement `json:"finding"`
	// Reasons are those of all findings behind the proposal.
	Reasons    []string     `json:"reasons"`
	Evidence   []Evidence   `json:"evidence"`
	Proceeding Proceeding   `json:"proceeding"`
	Items      []NoticeItem `json:"items"`
	// Current is what the items have, Saving what their actions free (F11), Yuan a month.
	Current Resources `json:"current"`
	Saving  Resources `json:"saving"`
	Disk    Figure    `json:"saving_disk_gib"` // Absent where the disk of a host is not given
	Yuan    Figure    `json:"saving_yuan_month"`

	saved savings
}

// volumes is the number of disks among the items.
func (s *NoticeSystem) volumes() (n int) {
	for i := range s.Items {
		if s.Items[i].IsVolume() {
			n++
		}
	}
	return n
}

// NoticeItem is a row of C3.
type NoticeItem struct {
	proposal.Item
	SystemName string `json:"system_name"`
	// Mark is a short name that stays the same, for the tags of what people write.
	Mark string `json:"mark"`
	// Risk is empty where there is no forecast.
	Risk rightsize.RiskLevel `json:"risk"`
	// CPUCut, MemoryCut and DiskCut are what the proposal takes, as parts of what there is.
	CPUCut    Figure `json:"cpu_cut"`
	MemoryCut Figure `json:"memory_cut"`
	DiskCut   Figure `json:"disk_cut"`
	// CPUAfter and MemoryAfter are the P95 so far over the target; None for a host that is
	// given back.
	CPUAfter    Figure `json:"cpu_p95_after"`
	MemoryAfter Figure `json:"memory_p95_after"`
	// Yuan is the saving a month, Absent without prices.
	Yuan Figure `json:"saving_yuan_month"`
}

// Edition returns what names the files of the notice.
func (n *Notice) Edition() Edition {
	return Edition{
		Kind: KindNotice, Provider: n.Provider.ID, Unit: n.Unit.ID, Period: n.Period, Version: n.Version, Open: n.Open,
		Batch: n.Batch, JudgedAt: n.JudgedAt, Program: n.Program, Rules: n.Rules,
	}
}

// BuildNotice computes every figure of a notice. It fails only if the input holds a number
// that is not finite.
func BuildNotice(in NoticeInput) (Notice, error) {
	hashed := in
	hashed.Program, hashed.Version = "", 0
	batch, err := batchOf(in.JudgedAt, hashed)
	if err != nil {
		return Notice{}, err
	}
	n := Notice{
		Period: in.Period, Open: in.Open, Through: in.Through, JudgedAt: in.JudgedAt, JudgedBy: in.JudgedBy, Program: in.Program,
		Version: in.Version, Batch: batch, AsOf: in.AsOf, Provider: in.Provider, Unit: in.Unit, Workflow: in.Workflow, Limits: in.Limits,
	}
	names, entries := map[string]string{}, map[string]Entry{}
	for _, u := range in.Units {
		names[u.ID] = u.Name
	}
	for _, s := range in.Systems {
		entries[s.ID] = s
	}
	behind := map[string]bool{}
	for _, p := range in.Proceedings {
		e, ok := entries[p.System]
		if !ok { // no longer in the inventory
			e = Entry{ID: p.System, Unit: p.Unit}
		}
		n.Ledger = append(n.Ledger, ledgerRow(p, e, names[p.Unit]))
		if p.Month != in.Period {
			continue
		}
		for _, f := range p.Findings {
			behind[f.RuleID] = true
		}
		n.Systems = append(n.Systems, in.system(p, e, names[p.Unit]))
	}
	for _, r := range in.Rules {
		if behind[r.ID] {
			n.Rules = append(n.Rules, r)
		}
	}
	n.units(names)
	return n, nil
}

func (in *NoticeInput) system(p Proceeding, e Entry, unit string) NoticeSystem {
	s := NoticeSystem{Entry: e, UnitName: unit, Evidence: in.Evidence[e.ID], Proceeding: p}
	for _, f := range slices.Concat(findingsOn(p.Findings, e.ID, true), findingsOn(p.Findings, e.ID, false)) {
		if reason := reasonOf(f, e.ID); reason != "" && !slices.Contains(s.Reasons, reason) {
			s.Reasons = append(s.Reasons, reason)
		}
		for _, own := range in.Findings {
			if own.Kind == kindSystem && own.Subject == e.ID && own.Rule == f.RuleID {
				j := Judgement{Finding: own, Name: e.Name}
				for _, period := range own.Periods {
					j.CPUP95, j.MemoryP95 = append(j.CPUP95, Fact(period.Facts, factCPUP95)), append(j.MemoryP95, Fact(period.Facts, factMemoryP95))
				}
				s.Finding = &j
			}
		}
	}
	for _, i := range p.Items {
		item := in.item(p.ID, e.Name, i)
		s.Items = append(s.Items, item)
		now := resources(i.Current)
		s.Current = Resources{s.Current.VCPU + now.VCPU, s.Current.MemoryGiB + now.MemoryGiB, s.Current.DiskGiB + now.DiskGiB}
		if i.Proposed() {
			s.saved.add(i.Recommendation)
		}
	}
	s.Saving, s.Disk, s.Yuan = s.saved.Resources, s.saved.disk.figure(), s.saved.yuan.figure()
	slices.SortStableFunc(s.Items, func(a, b NoticeItem) int {
		return cmp.Or(-compareBool(a.Proposed(), b.Proposed()), strings.Compare(a.Host, b.Host))
	})
	return s
}

// findingsOn are the findings on a system itself, or on others than it.
func findingsOn(findings []proposal.Finding, system string, itself bool) (out []proposal.Finding) {
	for _, f := range findings {
		if (f.Subject == system) == itself {
			out = append(out, f)
		}
	}
	return out
}

// reasonOf names the host that a reason is about, if it is not about the system itself.
func reasonOf(f proposal.Finding, system string) string {
	if f.Reason == "" || f.Subject == system {
		return f.Reason
	}
	_, host, _ := strings.Cut(f.Subject, "/")
	return host + ": " + f.Reason
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (in *NoticeInput) item(id, system string, i proposal.Item) NoticeItem {
	out := NoticeItem{Item: i, SystemName: system, Mark: mark(id, i.Host)}
	if i.Proposed() {
		out.Risk = in.Limits.RiskLevel(&i.Recommendation)
	}
	of := func(part, whole float64) Figure {
		switch {
		case whole == 0 && i.IsVolume():
			return Figure{State: None}
		case whole == 0:
			return Figure{} // what it has is not known
		}
		return Of(part / whole)
	}
	out.CPUCut = of(i.Saving.Cores, i.Current.VCPU)
	out.MemoryCut = of(i.Saving.MemoryGiB*1024, i.Current.MemoryMiB)
	out.DiskCut = of(i.Saving.DiskGiB, i.Current.DiskGiB)
	out.CPUAfter, out.MemoryAfter = Figure{State: None}, Figure{State: None}
	if i.Target.VCPU > 0 {
		out.CPUAfter, out.MemoryAfter = Figure{}, Figure{}
		if i.Evidence.Coverage > 0 {
			out.CPUAfter, out.MemoryAfter = of(i.Evidence.CPU.P95, i.Target.VCPU), of(i.Evidence.Memory.P95, i.Target.MemoryMiB)
		}
	}
	if i.Saving.Yuan != nil {
		out.Yuan = Of(*i.Saving.Yuan)
	}
	return out
}

// markBytes is how much of a hash a mark holds: enough for the proposals of a month.
const markBytes = 6

// mark is a short hash that names a proposal, or a host of it, in the tags of what people
// write. It tells nothing of what it names.
func mark(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:markBytes])
}
