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
