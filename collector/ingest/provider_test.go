package ingest_test

import (
	"bytes"
	"testing"

	"github.com/yunjian-io/yunjian/collector/ingest"
)

func TestProviderOf(t *testing.T) {
	secret := bytes.Repeat([]byte("s"), ingest.MinSecretBytes)
	for _, scope := range []ingest.Scope{{Provider: "demo.cloud"}, {Provider: "demo", Host: "a"}} {
		token, err := ingest.Mint(secret, scope)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ingest.ProviderOf(token)
		if wants := scope.Host == ""; (err == nil) != wants || wants && got != scope.Provider {
			t.Errorf("ProviderOf(token of %+v) = %q, %v", scope, got, err)
		}
	}
	for _, token := range []string{"", "yjp.", "yjp..x", "yjp.*.x", "yjp.YQ=.x", "Bearer yjp.YQ.x"} {
		if got, err := ingest.ProviderOf(token); err == nil {
			t.Errorf("ProviderOf(%q) = %q; want an error", token, got)
		}
	}
}
