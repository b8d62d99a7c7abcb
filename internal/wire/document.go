package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Schemas of the documents that travel beside the metrics.
const (
	SchemaIdentity = "identity/v1"
	SchemaPower    = "power/v1"
)

// HostKind says where a host's identifier comes from, best first (contract:
// Identity and time).
type HostKind string

// The kinds of host identifier.
const (
	HostConfigured HostKind = "configured"
	HostCloudInit  HostKind = "cloud-init"
	HostDMI        HostKind = "dmi"
	HostMachineID  HostKind = "machine-id"
	HostInstance   HostKind = "instance" // a foreign sender's instance label
)

// Identity says what a host is. Agents send one at start, after a change and
// once a day. An empty field was not readable.
type Identity struct {
	Schema       string    `json:"schema"` // SchemaIdentity
	Host         string    `json:"host"`
	HostKind     HostKind  `json:"host_kind"`
	At           time.Time `json:"at"`
	MachineID    string    `json:"machine_id,omitempty"`
	BootID       string    `json:"boot_id,omitempty"`
	BootTime     time.Time `json:"boot_time,omitzero"`
	Hostname     string    `json:"hostname,omitempty"`
	OS           string    `json:"os,omitempty"`         // ID of /etc/os-release
	OSVersion    string    `json:"os_version,omitempty"` // VERSION_ID of /etc/os-release
	OSName       string    `json:"os_name,omitempty"`    // PRETTY_NAME of /etc/os-release
	Kernel       string    `json:"kernel,omitempty"`
	Architecture string    `json:"architecture,omitempty"` // as Go names it
	VCPUs        int       `json:"vcpus,omitempty"`
	MemoryBytes  uint64    `json:"memory_bytes,omitempty"`
	AgentVersion string    `json:"agent_version,omitempty"`
}

// Power says when a host was known to be off. Gateways and platform imports
// send it; silence alone never proves that a host is off.
type Power struct {
	Schema string       `json:"schema"` // SchemaPower
	Host   string       `json:"host"`
	Source string       `json:"source"` // who says so: a platform's name, or "replay"
	Events []PowerEvent `json:"events"`
}

// PowerEvent is one time off, [OffAt, OnAt).
type PowerEvent struct {
	OffAt time.Time `json:"off_at"`
	OnAt  time.Time `json:"on_at"`
}

// maxDocumentText bounds every text field of a document, in bytes.
const maxDocumentText = 512

// DecodeDocument reads one document: *Identity, *Power or *LogEvidence. Unknown fields are
// ignored, since a newer agent may say more; an unknown schema is an error.
func DecodeDocument(body []byte) (any, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := decodeJSON(body, &head); err != nil {
		return nil, err
	}
	switch head.Schema {
	case SchemaIdentity:
		var d Identity
		if err := decodeJSON(body, &d); err != nil {
			return nil, err
		}
		return &d, d.validate()
	case SchemaPower:
		var d Power
		if err := decodeJSON(body, &d); err != nil {
			return nil, err
		}
		return &d, d.validate()
	case SchemaLogEvidence:
		var d LogEvidence
		if err := decodeJSON(body, &d); err != nil {
			return nil, err
		}
		return &d, d.validate()
	}
	return nil, fmt.Errorf("unknown document schema %.60q: this collector reads %s, %s and %s", head.Schema, SchemaIdentity, SchemaPower, SchemaLogEvidence)
}

func decodeJSON(body []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(to); err != nil {
		return fmt.Errorf("decode document: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decode document: something follows the JSON object")
	}
	return nil
}

func (d *Identity) validate() error {
	if d.Host == "" {
		return errors.New("identity has no host")
	}
	switch d.HostKind {
	case HostConfigured, HostCloudInit, HostDMI, HostMachineID, HostInstance:
	default:
		return fmt.Errorf("identity has unknown host_kind %.60q", d.HostKind)
	}
	if d.At.IsZero() {
		return errors.New("identity has no time (at)")
	}
	if d.VCPUs < 0 || d.VCPUs > 1<<15 {
		return fmt.Errorf("identity has vcpus %d", d.VCPUs)
	}
	for _, s := range []string{d.Host, d.MachineID, d.BootID, d.Hostname, d.OS, d.OSVersion, d.OSName, d.Kernel, d.Architecture, d.AgentVersion} {
		if len(s) > maxDocumentText {
			return fmt.Errorf("identity has a text of %d bytes; the limit is %d", len(s), maxDocumentText)
		}
	}
	return nil
}

func (d *Power) validate() error {
	if d.Host == "" || len(d.Host) > maxDocumentText {
		return errors.New("power document has no usable host")
	}
	if d.Source == "" || len(d.Source) > maxDocumentText {
		return errors.New("power document has no usable source")
	}
	for i, e := range d.Events {
		if e.OffAt.IsZero() || !e.OnAt.After(e.OffAt) {
			return fmt.Errorf("power event %d: on_at %s is not after off_at %s", i, e.OnAt.Format(time.RFC3339), e.OffAt.Format(time.RFC3339))
		}
	}
	return nil
}
