package report

import (
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// NoticeInput is all that a notice of low utilisation is made of (reports.md part C).
type NoticeInput struct {
	// Period is the judged month; Open, Through, JudgedAt, JudgedBy, Program and Version are
	// as in Input.
	Period   calendar.Month `json:"period"`
	Open     bool           `json:"open"`
	Through  time.Time      `json:"through"`
	JudgedAt time.Time      `json:"judged_at"`
	JudgedBy string         `json:"judged_by"`
	Program  string         `json:"program"`
	Version  int            `json:"version"`
	// AsOf is the day whose state the forms show.
	AsOf     calendar.Date `json:"as_of"`
	Provider Party         `json:"provider"`
	// Unit is the using unit that the notice is for; its ID is empty for the summary that the
	// office receives.
	Unit    Party   `json:"unit"`
	Units   []Party `json:"units"`
	Systems []Entry `json:"systems"`
	Rules   []Rule  `json:"rules"`
	// Findings are those of the systems with a proceeding and of their hosts.
	Findings []Finding `json:"findings"`
	// Workflow are the durations in force on the day, Limits those of recommendations in the
	// month.
	Workflow proposal.Settings  `json:"workflow"`
	Limits   rightsize.Settings `json:"limits"`
	// Proceedings are the proposals of the month and, for the office, those of earlier months
	// that are open; by month and system.
	Proceedings []Proceeding `json:"proceedings"`
	// Evidence is by system, the oldest month first.
	Evidence map[string][]Evidence `json:"evidence"`
}

// Evidence is what a system did in one month (C2).
type Evidence struct {
	Month    calendar.Month `json:"month"`
	Observed Observed       `json:"observed"`
	// CPU, Memory and Storage are ratios, Network Mbit/s over all hosts; nil where nothing is
	// known.
	CPU     *Course `json:"cpu"`
	Memory  *Course `json:"memory"`
	Storage *Course `json:"storage"`
	Network *Course `json:"network"`
	Days    []Daily `json:"days"`
	// Hosts are those at the end of the month.
	Hosts []HostFacts `json:"hosts"`
}

// Course sums a series up. MaxAt begins the five minutes of the peak.
type Course struct {
	Mean     Figure    `json:"mean"`
	P95      Figure    `json:"p95"`
	Max      Figure    `json:"max"`
	MaxAt    time.Time `json:"max_at"`
	WorkMean Figure    `json:"mean_working_hours"`
	WorkP95  Figure    `json:"p95_working_hours"`
}

// Daily holds the P95 of a day.
type Daily struct {
	Day    calendar.Date `json:"day"`
	CPU    Figure        `json:"cpu"`
	Memory Figure        `json:"memory"`
}

// Extract returns what one using unit may see: rows of others are not in it, so that no part
// of what is made of it can name them (E 6). The unit must be among Units.
func (in NoticeInput) Extract(unit string) NoticeInput {
	out := in
	out.Unit, out.Units, out.Systems, out.Findings, out.Proceedings = Party{ID: unit}, nil, nil, nil, nil
	for _, u := range in.Units {
		if u.ID == unit {
			out.Unit, out.Units = u, []Party{u}
		}
	}
	own := map[string]bool{}
	for _, p := range in.Proceedings {
		if p.Unit == unit && p.Month == in.Period {
			out.Proceedings = append(out.Proceedings, p)
			own[p.System] = true
		}
	}
	for _, s := range in.Systems {
		if own[s.ID] && s.Unit == unit {
			out.Systems = append(out.Systems, s)
		}
	}
	hosts := map[string]bool{}
	out.Evidence = map[string][]Evidence{}
	for id := range own {
		out.Evidence[id] = in.Evidence[id]
		for _, e := range in.Evidence[id] {
			for i := range e.Hosts {
				hosts[e.Hosts[i].ID] = true
			}
		}
	}
	for _, f := range in.Findings {
		if f.Kind == kindSystem && own[f.Subject] || f.Kind == kindHost && hosts[f.Subject] {
			out.Findings = append(out.Findings, f)
		}
	}
	return out
}
