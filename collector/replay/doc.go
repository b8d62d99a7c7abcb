// Package replay sends recorded traces through the collector's door as if agents had
// reported them: remote write for what was measured, power/v1 documents for the time
// for which a machine was known to be off, nothing for what is missing.
//
// It moves the traces to other months (contract: Figures), makes an inventory in which
// their machines are allocated, and leaves storing, deriving and judging to the
// collector. Sending the same traces again changes nothing. Run owns the goroutines
// that send; its caller passes the time, the token and what shows the progress.
package replay
