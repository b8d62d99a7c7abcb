// Package retention decides whether the records of one log source are kept for the
// six months of Art. 31.
//
// The obligation is per record, not per host: what was written on a local day d has
// to be retrievable until d plus six calendar months. The package therefore judges
// what survives, not what is configured: a policy says when records will go, and
// only segments that are present, or days that a queried store has counted, say that
// they are there. Absence of evidence is unknown, neither compliance nor a breach.
//
// Decide is a function of values. The package reads no clock, no file but its own
// embedded texts and no database; days are those of the zone of the time that it is
// given. Who collects evidence, keeps verdicts and prints reports is the business of
// its callers.
//
// Left out: who has to act on a verdict (Art. 12), which the caller knows from the
// inventory, and the proof of what was never written, which no evidence can give.
package retention
