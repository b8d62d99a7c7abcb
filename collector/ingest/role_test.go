package ingest_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector/ingest"
)

func TestRoleTokens(t *testing.T) {
	secret, other := bytes.Repeat([]byte("s"), ingest.MinSecretBytes), bytes.Repeat([]byte("t"), ingest.MinSecretBytes)
	tokens := map[string]ingest.Person{}
	for _, p := range []ingest.Person{
		{Role: ingest.RoleOffice},
		{Role: ingest.RoleOffice, Reader: true},
		{Role: ingest.RoleProvider, Subject: "p.q"},
		{Role: ingest.RoleUnit, Subject: "p.q"},
		{Role: ingest.RoleUnit, Subject: "N-1", Reader: true},
	} {
		token, err := ingest.MintRole(secret, p)
		if err != nil {
			t.Fatal(err)
		}
		if same, twice := tokens[token]; twice {
			t.Errorf("%+v and %+v have one token", p, same)
		}
		tokens[token] = p
		if got, err := ingest.VerifyRole(secret, token); err != nil || got != p {
			t.Errorf("VerifyRole(token of %+v) = %+v, %v", p, got, err)
		}
		if _, err := ingest.VerifyRole(other, token); !errors.Is(err, ingest.ErrUnauthorized) {
			t.Errorf("after the secret was replaced: %v", err)
		}
		if _, err := ingest.VerifyRole(nil, token); !errors.Is(err, ingest.ErrUnauthorized) {
			t.Errorf("without a secret: %v", err)
		}
		// No part can be exchanged with that of another token.
		for foreign := range tokens {
			for i := 1; i < 4; i++ {
				a, b := strings.Split(token, "."), strings.Split(foreign, ".")
				if a[i] == b[i] {
					continue
				}
				a[i] = b[i]
				if got, err := ingest.VerifyRole(secret, strings.Join(a, ".")); err == nil {
					t.Errorf("a token of %+v became one of %+v", p, got)
				}
			}
		}
	}
	// The doors do not take each other's tokens.
	for token := range tokens {
		if scope, err := (ingest.Secrets{"p.q": secret, "": secret}).Verify(token); err == nil {
			t.Errorf("the door for data takes a token of the API as %+v", scope)
		}
	}
	for _, scope := range []ingest.Scope{{Provider: "p.q"}, {Provider: "p.q", Host: "unit"}} {
		token, err := ingest.Mint(secret, scope)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := ingest.VerifyRole(secret, token); err == nil {
			t.Errorf("the API takes the token of %+v as %+v", scope, p)
		}
	}
	for _, p := range []ingest.Person{{}, {Role: "king"}, {Role: ingest.RoleUnit}, {Role: ingest.RoleProvider}, {Role: ingest.RoleOffice, Subject: "x"}, {Role: ingest.RoleUnit, Subject: "a\x00b"}} {
		if token, err := ingest.MintRole(secret, p); err == nil {
			t.Errorf("%+v has the token %s", p, token)
		}
	}
	if _, err := ingest.MintRole(secret[:5], ingest.Person{Role: ingest.RoleOffice}); err == nil {
		t.Error("a short secret signs")
	}
}
