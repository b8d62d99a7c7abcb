package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
)

// InventoryFile is a file to import.
type InventoryFile struct {
	Name string
	Data []byte
	// Kind names the table of a CSV file whose heads do not tell.
	Kind string
	// By is who imports it.
	By string
}

// Imported is what became of a file: rows, or the problems for which nothing was imported.
type Imported struct {
	Rows     int
	Problems []inventory.Problem
}

// ImportInventory checks a file against what is known and stores it whole, or
// returns every problem and stores nothing. The day's allocation is recorded at once.
func ImportInventory(ctx context.Context, db *store.Store, f InventoryFile, now time.Time) (Imported, error) {
	known, err := db.Inventory(ctx)
	if err != nil {
		return Imported{}, err
	}
	batch, problems, err := inventory.Parse(f.Name, f.Data, inventory.Kind(f.Kind), known)
	if err != nil || len(problems) > 0 {
		return Imported{Problems: problems}, err
	}
	sum := sha256.Sum256(f.Data)
	from := store.Import{File: filepath.Base(f.Name), SHA256: hex.EncodeToString(sum[:]), By: f.By, At: now}
	if err := db.SaveInventory(ctx, from, batch); err != nil {
		return Imported{}, err
	}
	if err := db.SnapshotAllocation(ctx, now); err != nil {
		return Imported{}, err
	}
	return Imported{Rows: batch.Len()}, nil
}

// InventoryTemplate is an empty workbook for ImportInventory.
func InventoryTemplate() ([]byte, error) { return inventory.Template() }

// MintToken makes a token with a provider's secret from the configuration; an
// empty host makes one for a gateway.
func MintToken(c Config, provider, host string) (string, error) {
	secrets, err := c.Secrets()
	if err != nil {
		return "", err
	}
	secret, ok := secrets[provider]
	if !ok {
		return "", fmt.Errorf("mint token: provider %q is not in the configuration", provider)
	}
	return mint(secret, provider, host)
}

// MintRoleToken makes a token of the API: for the office, or for a provider or unit that
// subject names; a reader may look and not write.
func MintRoleToken(c Config, role, subject string, reader bool) (string, error) {
	secret, err := c.APISecret()
	if err != nil {
		return "", err
	}
	if secret == nil {
		return "", errors.New("mint token: the configuration has no api.secret_file: make a secret with `yunjian-collector token secret`")
	}
	return ingest.MintRole(secret, ingest.Person{Role: ingest.Role(role), Subject: subject, Reader: reader})
}
