package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newToken(o *options) *cobra.Command {
	var provider, host, role, unit string
	var reader bool
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Mint a token for one host, a provider's gateway, or a person's program",
		Long: `token prints a token. With --host it is for the agent of that host alone; without
it is for a gateway (Prometheus, vmagent, Categraf), which may write all hosts of
the provider. Tokens are checked against the provider's secret; replacing the
secret revokes them all.

With --role it is for the HTTP API: the office sees everything, a provider what runs on
its platforms, a unit its own systems; with --read-only it may look and not write. These
are checked against the secret of the API.`,
		Example: `  yunjian-collector token --provider chuanyun --host i-0a1b2c > token
  yunjian-collector token --provider chuanyun
  yunjian-collector token --role unit --unit 11510000MB1234567X
  yunjian-collector token --role office --read-only`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := o.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if role != "" {
				subject := map[string]string{"provider": provider, "unit": unit}[role]
				if subject != provider+unit || host != "" {
					return errors.New("want --role office, --role provider --provider ID or --role unit --unit CODE, and no --host")
				}
				token, err := collector.MintRoleToken(c, role, subject, reader)
				if err != nil {
					return err
				}
				if o.json {
					return printJSON(cmd.OutOrStdout(), map[string]any{"role": role, "subject": subject, "read_only": reader, "token": token})
				}
				fmt.Fprintln(cmd.OutOrStdout(), token)
				return nil
			}
			if provider == "" {
				return errors.New("give --provider, or --role for a token of the API")
			}
			token, err := collector.MintToken(c, provider, host)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), map[string]string{"provider": provider, "host": host, "token": token})
			}
			fmt.Fprintln(cmd.OutOrStdout(), token)
			return nil
		},
	}
	cmd.Flags().StringVar(&provider, "provider", "", "provider, as in the configuration")
	cmd.Flags().StringVar(&host, "host", "", "host id that the agent reports; empty for a gateway")
	cmd.Flags().StringVar(&role, "role", "", "for the HTTP API: office, provider or unit")
	cmd.Flags().StringVar(&unit, "unit", "", "with --role unit: code of the using unit")
	cmd.Flags().BoolVar(&reader, "read-only", false, "with --role: may look and not write")
	cmd.AddCommand(&cobra.Command{
		Use:     "secret",
		Short:   "Print a new random secret for a provider, or for the API",
		Example: "  yunjian-collector token secret > /etc/yunjian/chuanyun.secret",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b [48]byte
			if _, err := rand.Read(b[:]); err != nil {
				return fmt.Errorf("make secret: %w", err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), base64.RawURLEncoding.EncodeToString(b[:]))
			return nil
		},
	})
	return cmd
}
