package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// newVectors is `judge retention`: the decision procedure of Art. 31 on published vectors.
func newVectors(o *options) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "retention",
		Short: "Run test vectors of the log-retention decision (Art. 31)",
		Long: `retention reads test vectors in the published form, judges each and compares what
comes out with what it expects, one line a vector. A vector that an amendment of the
specification changes is listed with both outcomes. It needs no database. The exit
code is 1 if any vector fails, or if there is none.`,
		Example: "  yunjian-collector judge retention --vectors log-retention-vectors.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := os.ReadFile(name)
			if err != nil {
				return fmt.Errorf("read vectors: %w", err)
			}
			vectors, err := retention.ReadVectors(data)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			results := make([]retention.VectorResult, 0, len(vectors))
			for _, v := range vectors {
				results = append(results, v.Run())
			}
			return printVectors(cmd.OutOrStdout(), results, o.json)
		},
	}
	cmd.Flags().StringVar(&name, "vectors", "", "file of vectors, a JSON array of {id, title, input, expect}")
	_ = cmd.MarkFlagRequired("vectors") // the flag is defined above
	return cmd
}

func printVectors(w io.Writer, results []retention.VectorResult, asJSON bool) error {
	failed := 0
	for _, r := range results {
		if !r.OK() {
			failed++
		}
	}
	if asJSON {
		if err := printJSON(w, map[string]any{"vectors": results, "count": len(results), "failed": failed}); err != nil {
			return err
		}
	} else {
		for _, r := range results {
			fmt.Fprintln(w, vectorLine(r))
		}
		fmt.Fprintf(w, "%d vectors, %d failed\n", len(results), failed)
	}
	if failed > 0 || len(results) == 0 {
		return errSilent
	}
	return nil
}

// vectorLine tells one vector.
func vectorLine(r retention.VectorResult) string {
	var line strings.Builder
	if r.OK() {
		fmt.Fprintf(&line, "ok   %s %s", r.ID, r.Verdict)
	} else {
		fmt.Fprintf(&line, "FAIL %s", r.ID)
		for i, d := range r.Differences {
			if i > 0 {
				line.WriteByte(';')
			}
			fmt.Fprintf(&line, " %s: want %s got %s", d.Key, d.Want, d.Got)
		}
	}
	if r.Amendment != "" {
		fmt.Fprintf(&line, " (as published: %s; %s)", r.Published, r.Amendment)
	}
	return line.String()
}
