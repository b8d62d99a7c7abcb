package collector

import (
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
)

// Zone is the zone of every calendar day (Asia/Shanghai).
func Zone() *time.Location { return store.Zone() }

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

// What is stored about proposals, under the names by which commands speak of it.
type (
	// ProposalFilter says which proposals are asked for.
	ProposalFilter = store.ProposalFilter
	// Slice is whose data are asked for.
	Slice = store.Slice
)

// What is stored about closed months, under the names by which commands speak of it.
type (
	// MonthClose is one closing of a month.
	MonthClose = store.MonthClose
	// LateData is what came for a closed month afterwards.
	LateData = store.Late
)
