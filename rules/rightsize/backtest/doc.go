// Package backtest decides on past months as a policy would have decided then, freezes
// the sizes for the month that followed, and counts what came: how much was saved, how
// often and how far demand went above a size that had been cut. The rules of other
// tools, a model of risk and an oracle that knows the month are scored on the same
// machines and months.
//
// A model is scored out of fold: machines of neighbouring numbers form a block, blocks
// form five folds, and what decides on a fold was fitted and tuned on the others, for
// an August decision on August alone.
//
// Everything is a function of values and gives the same bytes from run to run. It
// leaves out where histories come from: the collector reads traces.
package backtest
