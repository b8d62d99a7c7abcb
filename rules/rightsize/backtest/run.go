package backtest

import (
	"sync"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// workers is how many goroutines share a population; their results keep its order.
const workers = 2

// each calls f for 0 to n-1 from several goroutines and returns when all are done.
func each(n int, f func(i int)) {
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	group.Wait()
}

// Run scores a policy on a population, in its order.
func Run(p rightsize.Policy, cases []Case, l Ladder) []Score {
	scores := make([]Score, len(cases))
	each(len(cases), func(i int) { scores[i] = score(&cases[i], Decide(p, &cases[i], l)) })
	return scores
}
