package logs

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/internal/wire"
)

//go:embed catalog.yaml
var catalogText []byte

// catalogEntry is one usual place, as in catalog.yaml.
type catalogEntry struct {
	Paths     []string         `yaml:"paths"`
	Family    string           `yaml:"family"`
	Streams   []wire.LogStream `yaml:"streams"`
	Party     string           `yaml:"party"`
	QuietOK   bool             `yaml:"quiet_ok"`
	Never     bool             `yaml:"never"`
	Group     string           `yaml:"group"`
	Units     []string         `yaml:"units"`
	Processes []string         `yaml:"processes"`
}

// catalog reads the embedded file. An error is a mistake of ours, which a test finds.
func catalog() ([]catalogEntry, error) {
	var entries []catalogEntry
	decoder := yaml.NewDecoder(bytes.NewReader(catalogText))
	decoder.KnownFields(true)
	if err := decoder.Decode(&entries); err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	return entries, nil
}

// catalogue declares the usual places, for what no configuration declares.
func (d *declarer) catalogue() {
	entries, err := catalog()
	if err != nil {
		d.problem("catalog.yaml", 0, err.Error())
		return
	}
	rotated := regexp.MustCompile(`[-._][0-9]{8}([-_.]?[0-9]{2,6})?(\.|$)`)
	for _, entry := range entries {
		declaration := Declaration{
			Streams: entry.Streams, Family: FamilyText, Party: entry.Party, QuietOK: entry.QuietOK,
			Units: entry.Units, Processes: entry.Processes,
		}
		if entry.Family != "" {
			declaration.Family = entry.Family
		}
		if entry.Never {
			declaration.Policies = []wire.LogPolicy{{Kind: wire.PolicyNever}}
		}
		for _, pattern := range entry.Paths {
			for _, name := range d.expand(pattern) {
				// A closed file whose name still ends in .log is no log of its own.
				if name != pattern && rotated.MatchString(name) {
					continue
				}
				one := declaration
				one.Paths = []string{name}
				one.Grant = d.grant(name, entry.Group)
				d.add(one, fromCatalogue)
			}
		}
	}
}
