// Package central asks central log stores what they hold: Elasticsearch and
// OpenSearch, Loki, ClickHouse. A line in the configuration of a shipper proves
// nothing about the store behind it; only what the store itself answers does
// (log-retention.md, 5: level E2). Each class of log is asked for all hosts at once,
// for records by host and calendar day in Asia/Shanghai, for the ends, for what the
// store removes when, and for whether it can remove at all.
//
// An answer that is partial, cut off or not understood is no answer: it is an error,
// never a smaller count. What removes records is a lower bound, or unknown.
//
// The package asks and reads; it changes nothing in a store, keeps nothing and owns no
// goroutine. Package collector says when to ask, stores the answers and hands them to
// rules/retention, which judges.
package central
