// Package ingest is the door through which metrics and documents come in:
// authenticate, decode within limits, assemble rows, hand them to a group
// commit and answer 2xx only when they are stored.
//
// It leaves out storing itself: its parent passes a function that commits rows,
// and runs the Committer. It never keeps what it has acknowledged.
package ingest
