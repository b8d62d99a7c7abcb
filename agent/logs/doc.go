// Package logs gathers the evidence that the logs of a host are kept: which sources
// there are, from when to when their records reach, who would remove them when, and
// whether anything vanished that had been there. The result is a wire.LogEvidence.
//
// It judges nothing: a verdict needs the inventory and the central stores, which the
// collector has. The readers of single formats are its subpackages, which know
// neither each other nor this one. Everything is read through an fs.FS rooted at the
// host, under a budget; nothing of what a log says is kept or sent.
package logs
