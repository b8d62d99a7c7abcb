package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/internal/durable"
)

// ManifestSuffix is added to the name of a report for its manifest.
const ManifestSuffix = ".manifest.json"

// Draft is the DOCX of a report that an earlier run has left, and that a person may
// have written into.
type Draft struct {
	Name string
	Data []byte
	// Edited says that it is not what its manifest names.
	Edited bool
}

// EarlierDraft reads the DOCX of this report, or of the version before, that lies
// in the folder. Without one, its Name is empty.
func EarlierDraft(dir string, e report.Edition) (Draft, error) {
	for ; e.Version > 0; e.Version-- {
		name := e.FileName()
		data, err := os.ReadFile(filepath.Join(dir, name+".docx"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Draft{}, fmt.Errorf("read earlier draft: %w", err)
		}
		d := Draft{Name: name + ".docx", Data: data, Edited: true}
		var manifest report.Manifest
		text, err := os.ReadFile(filepath.Join(dir, name+ManifestSuffix))
		if err == nil {
			err = json.Unmarshal(text, &manifest)
		}
		if err != nil { // without a manifest nobody knows: it is kept as if it were
			return d, nil //nolint:nilerr // see above
		}
		for _, f := range manifest.Files {
			if f.Name == d.Name && f.SHA256 == report.NewFile(d.Name, data).SHA256 {
				d.Edited = false
			}
		}
		return d, nil
	}
	return Draft{}, nil
}

// SetAside keeps a draft that a person has edited beside the one that replaces it,
// under a name that tells its contents, and returns that name.
func (d Draft) SetAside(dir string) (string, error) {
	f := report.NewFile(d.Name, d.Data)
	name := filepath.Join(dir, strings.TrimSuffix(d.Name, ".docx")+".edited-"+f.SHA256[:8]+".docx")
	if err := durable.WriteFile(name, d.Data, 0o644); err != nil {
		return "", fmt.Errorf("keep edited draft: %w", err)
	}
	return name, nil
}

// WriteReport writes the files of a report and their manifest into a folder,
// which it makes; the manifest last, so that what it names is there. A report of
// the same name is replaced. It returns the manifest's name.
func WriteReport(dir string, e report.Edition, files []report.File) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	text, err := report.NewManifest(e, files).Encode()
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, e.FileName()+ManifestSuffix)
	for _, f := range files {
		if err := durable.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			return "", fmt.Errorf("write report: %w", err)
		}
	}
	if err := durable.WriteFile(name, text, 0o644); err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	return name, nil
}
