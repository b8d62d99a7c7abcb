package backtest

import "github.com/yunjian-io/yunjian/rules/rightsize"

// look is what the risk model keeps of a history.
type look struct {
	profile *rightsize.Profile
	size    rightsize.Size
}

// RiskModel is the model of rightsize.FitRisk, fitted on the cases of each round.
func RiskModel() Model {
	return NewModel("risk", "Yunjian: monotone boosted risk of breach, calibrated; a fleet's risk is spent where it saves most",
		func(h *rightsize.History) look { return look{rightsize.Look(h), h.Size} },
		func(train []Seen[look]) (func(look) Risk, error) {
			m, err := rightsize.FitRisk(lessons(train), PowersOfTwo().CPU, PowersOfTwo().Memory)
			if err != nil {
				return nil, err
			}
			return func(l look) Risk {
				r := m.Predict(l.profile, l.size)
				return Risk{CPU: r.CPU, Memory: r.Memory}
			}, nil
		})
}

func lessons(train []Seen[look]) []rightsize.Lesson {
	out := make([]rightsize.Lesson, len(train))
	for i, s := range train {
		out[i] = rightsize.Lesson{
			Block: s.Block, Profile: s.Features.profile, Size: s.Features.size,
			CPUBreached: s.CPUBreached, MemoryBreached: s.MemoryBreached,
		}
	}
	return out
}

// FitRisk fits the risk model on every case of all months that the hosts allow, for use
// on other hosts. Nothing that it says of these hosts is a figure of the back-test.
func FitRisk(hosts []Host) (*rightsize.RiskModel, error) {
	var train []Seen[look]
	for _, m := range Months(hosts) {
		cases := Cases(hosts, m)
		for i := range cases {
			train = append(train, Seen[look]{Case: &cases[i], Features: look{rightsize.Look(&cases[i].History), cases[i].History.Size}})
		}
	}
	if len(train) == 0 {
		return nil, ErrNoCases
	}
	return rightsize.FitRisk(lessons(train), PowersOfTwo().CPU, PowersOfTwo().Memory)
}
