package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// kindUsage is the kind of this report in file names.
const kindUsage = "usage"

// FileName is the name of the report's files without ending:
// {provider}-{yyyymm}-usage-v{n} (reports.md 0.6). What a file name should not
// hold is replaced by an underscore.
func FileName(m Month) string {
	safe := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>| .`, r) {
			return '_'
		}
		return r
	}, m.Provider.ID)
	return fmt.Sprintf("%s-%04d%02d-%s-v%d", safe, m.Period.Year, int(m.Period.Month), kindUsage, m.Version)
}

// File is one file of a report.
type File struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	Data   []byte `json:"-"`
}

// NewFile describes a file.
func NewFile(name string, data []byte) File {
	sum := sha256.Sum256(data)
	return File{name, len(data), hex.EncodeToString(sum[:]), data}
}

// Manifest names the files of a report with their checksums, and what they were
// made from. It lies beside them and is not among them.
type Manifest struct {
	Report   string         `json:"report"`
	Kind     string         `json:"kind"`
	Provider string         `json:"provider"`
	Period   string         `json:"period"`
	Version  int            `json:"version"`
	Open     bool           `json:"open"`
	Batch    string         `json:"data_batch"`
	JudgedAt string         `json:"judged_at"`
	Program  string         `json:"program"`
	Rules    []ManifestRule `json:"rules"`
	Files    []File         `json:"files"`
}

// ManifestRule is a rule by which the month was judged.
type ManifestRule struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Hash    string `json:"sha256"`
}

// NewManifest makes the manifest of a month's files, which it sorts by name.
func NewManifest(m Month, files []File) Manifest {
	out := Manifest{
		Report: FileName(m), Kind: kindUsage, Provider: m.Provider.ID, Period: m.Period.String(), Version: m.Version,
		Open: m.Open, Batch: m.Batch, JudgedAt: m.JudgedAt.Format("2006-01-02T15:04:05Z07:00"), Program: m.Program,
		Rules: []ManifestRule{}, Files: slices.Clone(files),
	}
	for _, r := range m.Rules {
		out.Rules = append(out.Rules, ManifestRule{r.ID, r.Version, r.Hash})
	}
	slices.SortFunc(out.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Encode prints the manifest as indented JSON.
func (m Manifest) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("print manifest: %w", err)
	}
	return b.Bytes(), nil
}
