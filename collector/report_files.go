package collector

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/internal/durable"
)

// ManifestSuffix is added to the name of a report for its manifest.
const ManifestSuffix = ".manifest.json"

// WriteReport writes the files of a report and their manifest into a folder,
// which it makes; the manifest last, so that what it names is there. A report of
// the same name is replaced. It returns the manifest's name.
func WriteReport(dir string, m report.Month, files []report.File) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	text, err := report.NewManifest(m, files).Encode()
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, report.FileName(m)+ManifestSuffix)
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
