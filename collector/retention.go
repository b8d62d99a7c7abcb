package collector

import "github.com/yunjian-io/yunjian/collector/store"

// What is stored about logs, under the names by which commands speak of it.
type (
	// RetentionVerdict is the verdict on one log.
	RetentionVerdict = store.RetentionVerdict
	// RetentionFacts are the figures of a month about logs.
	RetentionFacts = store.RetentionFacts
	// RetentionCount counts the logs of one class and party.
	RetentionCount = store.RetentionCount
	// RetentionNamed is a log that is told by name.
	RetentionNamed = store.RetentionNamed
)
