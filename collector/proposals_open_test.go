package collector_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
)

// TestOpeningCutOff: events without the head of their proposal are of no proposal, and the
// next try opens the same one with the same events.
func TestOpeningCutOff(t *testing.T) {
	f := seededCaseFile(t)
	f.open(t)
	whole, err := f.db.Proposal(t.Context(), caseID, store.Slice{}, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.db.Exec(t.Context(), "TRUNCATE TABLE proposals"); err != nil {
		t.Fatal(err)
	}
	if list, err := f.db.Proposals(t.Context(), store.ProposalFilter{}, f.now); err != nil || len(list) > 0 {
		t.Fatalf("without a head: %d proposals, %v", len(list), err)
	}
	if diff := cmp.Diff(collector.Opened{Opened: []string{caseID}}, f.open(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := f.db.Proposal(t.Context(), caseID, store.Slice{}, f.now)
	if diff := cmp.Diff(whole, again); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
