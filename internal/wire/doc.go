// Package wire is the contract between agents and collector: the names, units
// and labels of every metric, the Prometheus remote-write codec (1.0, and 2.0
// for reading), the JSON documents and the limits of a request.
//
// It leaves out transport, authentication and storage: those belong to
// agent/push, collector/ingest and collector/store, which drive it. Everything
// here is a function of values.
package wire
