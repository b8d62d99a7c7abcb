// Package rightsize says how small or large a host may be, and how likely it is that
// this goes wrong (Art. 23 of 四川省级政务云平台管理暂行办法).
//
// A recommendation rests on a probability: the chance that, in the month that follows,
// demand exceeds a size for more than one per cent of the five-minute slots (CPU) or in
// any slot at all (memory). The same definition is what a back-test counts, so that
// the prediction can be held against what came. The rules of well-known tools are here
// as policies too, as their makers published them, to be compared on the same traces.
//
// Everything here is a function of values: no clock, no file, no database. Nothing
// here changes a resource; a recommendation goes to notice, reply and review.
package rightsize
