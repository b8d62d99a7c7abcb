// Package store is the only place with SQL: it opens ClickHouse (a server by
// DSN, or the embedded engine through a dialer), migrates it forward, commits
// groups of rows, derives five-minute buckets and answers the questions of
// judging, reporting and status.
//
// It leaves out decoding and authentication (collector/ingest), the rules
// (package rules) and the engine's process (collector/store/engine). Its parent
// drives it: there is no goroutine that outlives a call.
package store
