package backtest

import "sync"

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
