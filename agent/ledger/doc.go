// Package ledger is the durable memory of what an agent has attested about the logs
// of its host: a Ledger of events that is only ever appended to, and a Memory of the
// present state of each segment.
//
// It knows nothing of logs and asks no clock; package logs drives it. Both files are
// lines of JSON, each with a checksum. What a crash cuts off at the end was never
// acknowledged and is dropped; damage anywhere else is an error that says what to do.
// Neither type is safe for concurrent use.
//
// The entries of a Ledger are numbered from 1 without a hole, and their bytes never
// change: they are the leaves of a Merkle tree, should one be built over them.
package ledger
