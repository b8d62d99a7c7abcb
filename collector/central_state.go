package collector

import (
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
)

// CentralState is where a class of a central store stands.
type CentralState struct {
	store.CentralLog
	Kind string `json:"kind"`
	// Asked is when it was asked last, Answered when it last answered; zero for never.
	Asked    time.Time `json:"asked,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
	// Error says why it did not answer last; empty if it did.
	Error string `json:"error,omitempty"`
	// Last is its last answer.
	Last CentralSurvey `json:"last,omitzero"`
	// Removes says what the store removes when, by its last answer; empty if it has none.
	Removes string `json:"retention,omitempty"`
}

// CentralStates joins the configuration with what is known, in the order of the
// configuration. What was asked under another configuration is left out.
func CentralStates(stores []CentralStore, known []CentralSurvey) []CentralState {
	out := []CentralState{}
	for _, s := range stores {
		for _, class := range s.Classes {
			state := CentralState{
				CentralLog: store.CentralLog{Store: s.Name, Provider: s.Provider, Class: string(class.Class), Stream: class.Stream}, Kind: string(s.Kind),
			}
			for _, k := range known { // by time
				if k.CentralLog != state.CentralLog {
					continue
				}
				state.Asked, state.Error = k.CheckedAt, k.Error
				if k.Error == "" {
					state.Answered, state.Last, state.Removes = k.CheckedAt, k, removes(k)
				}
			}
			out = append(out, state)
		}
	}
	return out
}
