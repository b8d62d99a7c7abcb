package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// The kinds of a report, as they stand in file names (reports.md 0.6).
const (
	KindUsage     = "usage"              // A, 云资源使用情况与效率月报
	KindOperation = "security-operation" // B, 安全运维报告
	KindSituation = "security-situation" // S, 安全态势报告
	KindSecurity  = "security"           // B and S bound together (合订)
	KindNotice    = "notice"             // C, 低利用率通报
	KindLedger    = "ledger"             // D, 台账
)

// SecurityKinds are the two reports on security that the regulation names (Art. 36), which
// KindSecurity binds together.
func SecurityKinds() []string { return []string{KindOperation, KindSituation} }

// KindIncludes reports whether who names a kind means reports of another one as well:
// KindSecurity stands for the reports on security in either form.
func KindIncludes(named, kind string) bool {
	return named == kind || named == KindSecurity && slices.Contains(SecurityKinds(), kind)
}

// The types of issuers of the reports on security.
const (
	IssuerProvider = "provider"      // 云服务商, Art. 36
	IssuerAgency   = "secops_agency" // 统一安全运维服务机构, Art. 11
)

// Issuer is who answers for the reports on security (reports.md B). Whoever that is, they
// are about the provider. The zero value is no issuer of its own: the report is the
// provider's.
type Issuer struct {
	Type string `json:"type"`
	// Name is that of an agency; the provider has the one of the inventory.
	Name string `json:"name,omitempty"`
}

// Edition says which report it is and what it was made from: enough to name its
// files and to write their manifest.
type Edition struct {
	Kind     string
	Provider string
	// Unit is the using unit whose rows alone are in it; empty: those of all.
	Unit     string
	Period   calendar.Month
	Version  int
	Open     bool
	Batch    string
	JudgedAt time.Time
	Program  string
	Rules    []Rule
	// Issuer is zero for kinds of reports that only the provider, or the office, issues.
	Issuer Issuer
}

// Edition returns what names the usage report of the month.
func (m *Month) Edition() Edition {
	return Edition{
		Kind: KindUsage, Provider: m.Provider.ID, Unit: m.Unit.ID, Period: m.Period, Version: m.Version, Open: m.Open,
		Batch: m.Batch, JudgedAt: m.JudgedAt, Program: m.Program, Rules: m.Rules,
	}
}

// FileName is the name of the report's files without ending:
// {provider}-{yyyymm}-{kind}[-{unit}]-v{n} (reports.md 0.6). What a file name
// should not hold is replaced by an underscore.
func (e Edition) FileName() string {
	name := fmt.Sprintf("%s-%04d%02d-%s", fileSafe(e.Provider), e.Period.Year, int(e.Period.Month), e.Kind)
	if e.Unit != "" {
		name += "-" + fileSafe(e.Unit)
	}
	return fmt.Sprintf("%s-v%d", name, e.Version)
}

func fileSafe(id string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>| .`, r) {
			return '_'
		}
		return r
	}, id)
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
	Unit     string         `json:"unit,omitempty"`
	Issuer   Issuer         `json:"issuer,omitzero"`
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

// NewManifest makes the manifest of a report's files, which it sorts by name.
func NewManifest(e Edition, files []File) Manifest {
	out := Manifest{
		Report: e.FileName(), Kind: e.Kind, Provider: e.Provider, Unit: e.Unit, Issuer: e.Issuer, Period: e.Period.String(), Version: e.Version,
		Open: e.Open, Batch: e.Batch, JudgedAt: e.JudgedAt.Format("2006-01-02T15:04:05Z07:00"), Program: e.Program,
		Rules: []ManifestRule{}, Files: slices.Clone(files),
	}
	for _, r := range e.Rules {
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
