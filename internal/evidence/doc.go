// Package evidence brings what an agent says about the logs of its host
// (internal/wire), together with what the collector knows of that host, into the form
// in which rules/retention judges it.
//
// It is a function of values: it reads no clock, no file and no database, and it
// decides nothing. What the document does not say stays unknown, which never counts in
// favour of a source. Left out: who requires a source (the registry of Art. 29), how
// downtime is confirmed, and how a central store is asked; the caller brings these.
package evidence
