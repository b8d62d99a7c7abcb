package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/collector/sheet"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// RecordFile is a file of records to import.
type RecordFile struct {
	Name, Kind string
	Data       []byte
	// Provider is the one of whose platforms it tells.
	Provider string
	// From and To are the first and the last month that it states completely; zero for
	// registers.
	From, To calendar.Month
	// By is who imports it.
	By string
}

// RecordsImported is what became of a file of records.
type RecordsImported struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
	// Known says that the same file was imported before with the same months: nothing
	// was changed.
	Known    bool            `json:"known"`
	Problems []sheet.Problem `json:"problems,omitempty"`
}

// ImportRecords checks a file and stores it whole, or returns every problem and stores
// nothing.
func ImportRecords(ctx context.Context, db *store.Store, f RecordFile, now time.Time) (RecordsImported, error) {
	known, err := db.Inventory(ctx)
	if err != nil {
		return RecordsImported{}, err
	}
	ids, err := knownIDs(known, f.Provider)
	if err != nil {
		return RecordsImported{}, err
	}
	sum := sha256.Sum256(f.Data)
	done := RecordsImported{File: filepath.Base(f.Name), SHA256: hex.EncodeToString(sum[:])}
	parsed := records.File{Name: f.Name, Data: f.Data, Kind: f.Kind, From: f.From, To: f.To, Zone: store.Zone()}
	rows, problems, err := records.Parse(parsed, ids)
	if err != nil || len(problems) > 0 {
		done.Problems = problems
		return done, err
	}
	before, err := db.RecordSources(ctx, f.Provider)
	if err != nil {
		return done, err
	}
	done.Rows = len(rows)
	done.Known = slices.ContainsFunc(before, func(s records.Source) bool {
		return s.Kind == f.Kind && s.SHA256 == done.SHA256 && s.From == f.From && s.To == f.To
	})
	if done.Known {
		return done, nil
	}
	from := records.Source{Kind: f.Kind, File: done.File, SHA256: done.SHA256, ImportedAt: now, ImportedBy: f.By, From: f.From, To: f.To, Rows: len(rows)}
	return done, db.SaveRecords(ctx, f.Provider, from, rows)
}

// knownIDs are the identifiers to which records of a provider may refer.
func knownIDs(known inventory.Batch, provider string) (records.Known, error) {
	ids := records.Known{Units: map[string]bool{}, Systems: map[string]bool{}, Platforms: map[string]bool{}}
	if !slices.ContainsFunc(known.Providers, func(p inventory.Provider) bool { return p.ID == provider }) {
		return ids, fmt.Errorf("the inventory has no provider %q: import it with yunjian-collector inventory import", provider)
	}
	for _, u := range known.Units {
		ids.Units[u.Code] = true
	}
	for _, s := range known.Systems {
		ids.Systems[s.ID] = true
	}
	for _, p := range known.Platforms {
		if p.Provider == provider {
			ids.Platforms[p.ID] = true
		}
	}
	return ids, nil
}

// RecordTemplate is an empty CSV file of a kind of records.
func RecordTemplate(kind string) ([]byte, error) { return records.Template(kind) }

// RecordKinds are the kinds of records that can be imported.
func RecordKinds() ([]string, error) { return records.Kinds() }

// RecordsMonthly reports whether files of a kind of records state months.
func RecordsMonthly(kind string) (bool, error) { return records.Monthly(kind) }
