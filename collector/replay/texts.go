package replay

import (
	"bytes"
	_ "embed"
	"fmt"

	"go.yaml.in/yaml/v3"
)

//go:embed inventory.yaml
var textsFile []byte

// texts are the heads and names of the made-up inventory.
type texts struct {
	Note     string `yaml:"note"`
	NoteHead string `yaml:"note_head"`
	Units    named  `yaml:"units"`
	Provider named  `yaml:"providers"`
	Platform struct {
		named `yaml:",inline"`
		Kind  string `yaml:"kind"`
	} `yaml:"platforms"`
	Systems struct {
		named   `yaml:",inline"`
		Running string `yaml:"running"`
	} `yaml:"systems"`
	Flavors struct {
		Head   []string `yaml:"head"`
		Family string   `yaml:"family"`
	} `yaml:"flavors"`
	Hosts struct {
		Head      []string `yaml:"head"`
		InService string   `yaml:"in_service"`
		Owner     string   `yaml:"owner"`
		Yes       string   `yaml:"yes"`
		No        string   `yaml:"no"`
	} `yaml:"hosts"`
	Exemptions struct {
		Head     []string `yaml:"head"`
		System   string   `yaml:"system"`
		Host     string   `yaml:"host"`
		Approver string   `yaml:"approver"`
		Kinds    []ground `yaml:"kinds"`
		Standby  ground   `yaml:"standby"`
	} `yaml:"exemptions"`
}

type named struct {
	Head []string `yaml:"head"`
	Name string   `yaml:"name"`
}

// ground is why a subject is exempted.
type ground struct {
	Kind   string `yaml:"kind"`
	Reason string `yaml:"reason"`
}

func readTexts() (texts, error) {
	var t texts
	d := yaml.NewDecoder(bytes.NewReader(textsFile))
	d.KnownFields(true)
	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("read embedded texts: %w", err)
	}
	return t, nil
}
