// Package query is the door through which Grafana asks ClickHouse: its HTTP protocol,
// for questions that only read.
//
// A question passes two judges. The first looks at the words of the text (Judge): one
// statement that only reads, no clause that writes, sets or formats, and every word in
// front of a bracket is a function of functions.txt. What passes is freed of comments.
// The second looks at the tree that the engine's own parser makes of it (Judged.Check):
// its kinds of nodes, every function, every table. So a text that the two parsers read
// differently gains nothing: what the engine would run is what was judged. Behind both
// stands the engine, which runs it in a read-only session (engine.GuestPath), with the
// limits and with the conditions that cut each table down to what the asker may see.
//
// Everything is a list of what may be: functions, tables, settings, kinds of nodes.
//
// It leaves out users (the caller knows whose password is right), what each of them may
// see (Rules, from the caller), TLS and listening. It holds no state but the rates.
package query
