// Package collector wires the parts of the collector together: configuration,
// database, door, derivation on a schedule, judging, reports and status. The
// parts themselves are its subpackages; the commands are cmd/yunjian-collector.
package collector
