package backtest

import "github.com/yunjian-io/yunjian/rules/rightsize"

// Risk is what a model predicts of one machine for the month that follows: the
// probability that a size is breached, 0 to 1. CPU takes cores and means more than 1 %
// of the slots above them, Memory takes MiB and means any slot. A nil function, or NaN,
// is no forecast: then nothing is cut.
type Risk struct {
	CPU    func(cores float64) float64
	Memory func(mib float64) float64
}

// Seen is a past case beside what a model saw in its history.
type Seen[F any] struct {
	*Case
	Features F
}

// Model is something that learns from past cases to predict risks.
type Model struct {
	Name, Title string

	look func(*rightsize.History) any
	fit  func(train []Seen[any]) (func(any) Risk, error)
}

// NewModel makes a model of two functions. look turns a history into all that the model
// wants to know of it, and is called once for each case, from several goroutines. fit
// learns from cases with their outcomes and returns a function that predicts; both get
// what look made, and so never need to compute it again. Neither may keep a state: the
// same cases must give the same predictions, in whatever order fits are made.
func NewModel[F any](name, title string, look func(*rightsize.History) F, fit func([]Seen[F]) (func(F) Risk, error)) Model {
	return Model{
		Name: name, Title: title,
		look: func(h *rightsize.History) any { return look(h) },
		fit: func(train []Seen[any]) (func(any) Risk, error) {
			typed := make([]Seen[F], len(train))
			for i, s := range train {
				typed[i] = Seen[F]{s.Case, s.Features.(F)}
			}
			predict, err := fit(typed)
			if err != nil {
				return nil, err
			}
			return func(f any) Risk { return predict(f.(F)) }, nil
		},
	}
}

// CPUBreached tells whether more than 1 % of the month's slots lay above cores.
func (c *Case) CPUBreached(cores float64) bool {
	time, _ := c.cpu.over(cores)
	return time > breachTime
}

// MemoryBreached tells whether any slot of the month lay above mib.
func (c *Case) MemoryBreached(mib float64) bool {
	time, _ := c.memory.over(mib)
	return time > 0
}
