//go:build !linux

package engine

// keepSignals only runs f: the engine is supported on Linux alone, elsewhere the
// package merely builds.
func keepSignals(f func()) { f() }
