// Package traces reads recorded usage of virtual machines: the tables of hourly and
// five-minute values prepared from GWA-T-12 "Bitbrains", and the public GWA-T-12
// folders with one file a machine.
//
// Every five minutes of a day are known, missing or powered off, and stay apart: a
// missing value is NaN, never 0. It leaves out what a trace is used for; replay sends
// it through the collector's door and back-tests decide on it.
package traces
