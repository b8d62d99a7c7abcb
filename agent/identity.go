package agent

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/agent/spool"
	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	identityEvery = 10 * time.Minute // how often it is read again
	identityDaily = 24 * time.Hour   // how often it is sent unchanged
)

// identity is what this host is, and when that was read and sent last.
type identity struct {
	now        wire.Identity
	read, sent time.Time
}

// kinds of host id, best first. While the agent runs, an id is only replaced by
// a better kind: a file that cannot be read for a moment must not make two hosts.
func rank(k wire.HostKind) int {
	return slices.Index([]wire.HostKind{wire.HostConfigured, wire.HostCloudInit, wire.HostDMI, wire.HostMachineID}, k)
}

// refreshIdentity reads the identity when it is time, and sends it at the start,
// after a change and once a day.
func (a *agent) refreshIdentity(ctx context.Context, wall time.Time) error {
	if !a.identity.read.IsZero() && wall.Sub(a.identity.read).Abs() < identityEvery {
		return nil
	}
	first := a.identity.read.IsZero()
	now, err := a.probes.Identity(ctx, a.Config.HostID)
	if err != nil && first {
		return err
	}
	a.identity.read = wall
	old := a.identity.now
	if err != nil || !first && rank(now.HostKind) >= rank(old.HostKind) {
		now.Host, now.HostKind = old.Host, old.HostKind
	}
	now.AgentVersion = a.Version
	now.At = wall.UTC().Truncate(time.Second)
	changed := first || !same(old, now)
	if changed && !first {
		a.Log.Info("identity changed", slog.String("host", now.Host), slog.String("host_kind", string(now.HostKind)))
	}
	a.identity.now = now
	if a.Config.MetricsOnly || !changed && wall.Sub(a.identity.sent).Abs() < identityDaily {
		return nil
	}
	body, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("encode identity: %w", err)
	}
	a.identity.sent = wall
	a.delivery.put(spool.Batch{Kind: spool.Document, Body: body})
	return nil
}

// same compares all but the time of reading and the boot time: the boot id tells
// boots apart, and the kernel's boot time moves with every correction of the clock.
func same(a, b wire.Identity) bool {
	a.At, b.At = time.Time{}, time.Time{}
	a.BootTime, b.BootTime = time.Time{}, time.Time{}
	return a == b
}

func hash(host string) uint64 {
	sum := sha256.Sum256([]byte(host))
	return binary.BigEndian.Uint64(sum[:])
}
