package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// HostKey is the key of a host in every table: the first 8 bytes of
// SHA-256(provider, 0, host id), big endian.
func HostKey(provider, hostID string) uint64 {
	h := sha256.New()
	h.Write([]byte(provider))
	h.Write([]byte{0})
	h.Write([]byte(hostID))
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// Host is a host that has reported.
type Host struct {
	Key      uint64
	Provider string
	ID       string
}

// UsageRow is one row of table usage: the stored integers of Totals.
type UsageRow struct {
	Host   uint64
	TS     int64 // seconds since 1970, start of the interval
	Values [RowWidth]int64
}

// DeviceRow is one row of table usage_device.
type DeviceRow struct {
	Host  uint64
	Name  string // metric without prefix
	Label string
	TS    int64 // seconds since 1970
	Value int64
}

// SampleRow is one row of table samples.
type SampleRow struct {
	Host         uint64
	Name         string
	Labels       string // canonical text, see the table's comment
	Milliseconds int64
	Value        float64
}

// QuarantineRow is one row of table quarantine.
type QuarantineRow struct {
	Provider, HostID, Series string
	Milliseconds             int64
	Value                    float64
	Reason                   string
}

// Rows is what one group commit stores. The zero value is empty.
type Rows struct {
	Hosts      []Host // not registered before
	Usage      []UsageRow
	Devices    []DeviceRow
	Samples    []SampleRow
	Quarantine []QuarantineRow
	Identities []IdentityRow
	Power      []PowerRow
	Evidence   []EvidenceRow
}

// IdentityRow is a Identity of a known host.
type IdentityRow struct {
	Host uint64
	Identity
}

// EvidenceRow is what a known host said about its logs. It becomes rows of several
// tables.
type EvidenceRow struct {
	Host uint64
	LogEvidence
}

// Len is the number of rows in all tables.
func (r *EvidenceRow) Len() int {
	return 1 + len(r.Sources) + len(r.Progress) + len(r.Events) + len(r.Downtime) + len(r.Problems)
}

// PowerRow is one time off of a known host.
type PowerRow struct {
	Host        uint64
	OffAt, OnAt time.Time
	Source      string
}

// Len is the number of rows in all tables.
func (r *Rows) Len() int {
	n := len(r.Hosts) + len(r.Usage) + len(r.Devices) + len(r.Samples) + len(r.Quarantine) + len(r.Identities) + len(r.Power)
	for i := range r.Evidence {
		n += r.Evidence[i].Len()
	}
	return n
}

// Append adds the rows of other.
func (r *Rows) Append(other *Rows) {
	r.Hosts = append(r.Hosts, other.Hosts...)
	r.Usage = append(r.Usage, other.Usage...)
	r.Devices = append(r.Devices, other.Devices...)
	r.Samples = append(r.Samples, other.Samples...)
	r.Quarantine = append(r.Quarantine, other.Quarantine...)
	r.Identities = append(r.Identities, other.Identities...)
	r.Power = append(r.Power, other.Power...)
	r.Evidence = append(r.Evidence, other.Evidence...)
}

// Reset empties r and keeps its memory for the next group, but not that of documents.
func (r *Rows) Reset() {
	clear(r.Evidence)
	*r = Rows{
		Hosts: r.Hosts[:0], Usage: r.Usage[:0], Devices: r.Devices[:0], Samples: r.Samples[:0],
		Quarantine: r.Quarantine[:0], Identities: r.Identities[:0], Power: r.Power[:0], Evidence: r.Evidence[:0],
	}
}
