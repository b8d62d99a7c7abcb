// Package proposal is the workflow of Art. 23 of 四川省级政务云平台管理暂行办法 for one
// information system in one judged month: from the finding over notice, reply, review
// and decision to implementation and verification.
//
// A proposal is nothing but its events in the order in which they were recorded. Machine
// folds them: an event that does not fit the state is refused with what is expected and
// by whom, an event that repeats an earlier one changes nothing, and one that repeats it
// with another content is refused. Deadlines count in working days; they remind, and
// nothing happens by itself when one passes. No event changes a resource.
//
// Everything here is a function of values: no clock, no file, no database. Who may write
// which event over which door, and where events are kept, is the business of the callers.
package proposal
