package ingest

import (
	"sync"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Registry knows the hosts that have been registered, and their keys. It is
// safe for concurrent use.
type Registry struct {
	mu    sync.RWMutex
	keys  map[hostName]uint64
	hosts map[uint64]hostName
}

type hostName struct{ provider, id string }

// NewRegistry returns a registry of the hosts that the store has.
func NewRegistry(hosts []wire.Host) *Registry {
	r := &Registry{keys: make(map[hostName]uint64, len(hosts)), hosts: make(map[uint64]hostName, len(hosts))}
	r.stored(hosts)
	return r
}

// key returns the key of a host and whether it still must be stored. It is not
// ok when another host has that key.
func (r *Registry) key(provider, id string) (key uint64, isNew, ok bool) {
	name := hostName{provider, id}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if key, ok := r.keys[name]; ok {
		return key, false, true
	}
	key = wire.HostKey(provider, id)
	if other, taken := r.hosts[key]; taken && other != name {
		return 0, false, false
	}
	return key, true, true
}

// stored remembers hosts that are in ClickHouse now.
func (r *Registry) stored(hosts []wire.Host) {
	if len(hosts) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range hosts {
		name := hostName{h.Provider, h.ID}
		if _, taken := r.hosts[h.Key]; !taken {
			r.hosts[h.Key] = name
			r.keys[name] = h.Key
		}
	}
}

// Len is the number of hosts.
func (r *Registry) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.keys)
}
