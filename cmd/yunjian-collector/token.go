package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newToken(o *options) *cobra.Command {
	var provider, host string
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Mint a token for one host, or for a provider's gateway",
		Long: `token prints a token. With --host it is for the agent of that host alone; without
it is for a gateway (Prometheus, vmagent, Categraf), which may write all hosts of
the provider. Tokens are checked against the provider's secret; replacing the
secret revokes them all.`,
		Example: `  yunjian-collector token --provider chuanyun --host i-0a1b2c > token
  yunjian-collector token --provider chuanyun`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := o.load(cmd.ErrOrStderr())
			if err != nil {
				return err
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
	_ = cmd.MarkFlagRequired("provider") // the flag is defined above
	cmd.AddCommand(&cobra.Command{
		Use:     "secret",
		Short:   "Print a new random secret for a provider",
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
