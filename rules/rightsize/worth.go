package rightsize

import "math"

// MaxRisk is the risk above which no cut of one host is taken, however much it saves.
const MaxRisk = 0.25

// Worth is what a cut of one host gains: the saving, as a share of the capacity of a
// mean host of the fleet, less the price of the risk. One expected breach costs 1/dial.
// The same price for all hosts spends the risk that a fleet may run where it saves most
// (the Lagrange condition of saving as much as possible within a number of expected
// breaches). A risk that is not known or above MaxRisk is worth nothing at any dial.
func Worth(saving, risk, dial float64) float64 {
	if !(risk <= MaxRisk) || saving <= 0 {
		return math.Inf(-1)
	}
	return saving*dial - risk
}
