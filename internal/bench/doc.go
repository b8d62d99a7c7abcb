// Command bench prints the figures of Yunjian beside their targets and beside
// Debian's VictoriaMetrics, Prometheus and node_exporter, measured in one run on
// one machine with equal values. `make bench` runs it.
//
// It drives the real programs of ./bin over loopback and keeps everything in
// temporary folders. It judges no build: timings of a shared machine belong in a
// table, not in an assertion, and a target that is missed is printed as missed
// with what shows why.
package main
