package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newInventory(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "inventory", Short: "Import who provides, who uses and what is allocated"}
	var kind string
	load := &cobra.Command{
		Use:   "import FILE...",
		Short: "Import CSV or XLSX files, each whole or not at all",
		Long: `import reads platforms, providers, using units, information systems, hosts, flavours,
exemptions, prices and the registry of logs (Art. 29). A row that is wrong is named with file, line, column and
reason, and then nothing of that file is imported. A workbook holds one table a
sheet; a CSV file holds one table, known by its heads or by --kind.`,
		Example: "  yunjian-collector inventory import platforms.csv units.csv systems.csv hosts.csv",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			for _, name := range args {
				rows, err := importFile(cmd.Context(), cmd.ErrOrStderr(), db, name, kind)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d rows imported\n", name, rows)
			}
			return nil
		},
	}
	load.Flags().StringVar(&kind, "kind", "", "table of a CSV file whose heads do not tell: platforms, providers, units, systems, hosts, volumes, flavors, exemptions, prices or log_sources")
	cmd.AddCommand(load, &cobra.Command{
		Use: "template FILE.xlsx", Short: "Write an empty workbook with all heads and an explanation", Args: cobra.ExactArgs(1),
		Example: "  yunjian-collector inventory template inventory.xlsx",
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := collector.InventoryTemplate()
			if err != nil {
				return err
			}
			if err := os.WriteFile(args[0], data, 0o644); err != nil {
				return fmt.Errorf("write template: %w", err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), "written:", args[0])
			return nil
		},
	})
	return cmd
}

// importFile imports one file and returns how many rows it has. The problems of a
// file that is refused go to problems.
func importFile(ctx context.Context, problems io.Writer, db *collector.Database, name, kind string) (rows int, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, fmt.Errorf("read inventory: %w", err)
	}
	file := collector.InventoryFile{Name: name, Data: data, Kind: kind, By: userName()}
	done, err := collector.ImportInventory(ctx, db.Store, file, time.Now())
	if err != nil {
		return 0, err
	}
	if len(done.Problems) > 0 {
		for _, p := range done.Problems {
			fmt.Fprintln(problems, p)
		}
		return 0, fmt.Errorf("%s: %d problems, nothing of it was imported", name, len(done.Problems))
	}
	return done.Rows, nil
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
