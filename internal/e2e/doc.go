// Package e2e tests the real binaries with the real engine: scripts of commands
// and files (testdata/script), faults under load, and Debian's Prometheus and
// node_exporter as peers. It has no code of its own.
package e2e
