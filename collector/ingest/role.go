package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Role is who uses the collector's API (reports.md 0.1).
type Role string

// The roles. An office sees everything, a provider what runs on its platforms, a unit
// its own systems.
const (
	RoleOffice   Role = "office"
	RoleProvider Role = "provider"
	RoleUnit     Role = "unit"
)

// Person is whom a token of the API speaks for.
type Person struct {
	Role Role
	// Subject is the id of the provider or the code of the unit; empty for the office.
	Subject string
	// Reader may look and not write.
	Reader bool
}

// A token of the API is "yja." role "." subject "." access "." mac; every part but the
// first is base64url without padding, access is "read" or "write". The mac is HMAC-SHA256
// of all of it under the API's secret, which no provider has: replacing the secret
// revokes every token.
const roleToken = "yja"

const (
	accessRead  = "read"
	accessWrite = "write"
)

func (p Person) check() error {
	switch p.Role {
	case RoleOffice:
		if p.Subject != "" {
			return errors.New("the office has no subject")
		}
		return nil
	case RoleProvider, RoleUnit:
		if p.Subject == "" || strings.ContainsRune(p.Subject, 0) {
			return fmt.Errorf("a %s's token names the %s", p.Role, p.Role)
		}
		return nil
	}
	return fmt.Errorf("role %q: want office, provider or unit", p.Role)
}

func (p Person) access() string {
	if p.Reader {
		return accessRead
	}
	return accessWrite
}

func (p Person) mac(secret []byte) []byte {
	h := hmac.New(sha256.New, secret)
	// No part holds a zero byte, so that no two persons give one text.
	h.Write([]byte("\x00api\x00" + string(p.Role) + "\x00" + p.Subject + "\x00" + p.access()))
	return h.Sum(nil)
}

// MintRole makes a token of the API.
func MintRole(secret []byte, p Person) (string, error) {
	if len(secret) < MinSecretBytes {
		return "", fmt.Errorf("mint token: the API's secret has %d bytes; want at least %d", len(secret), MinSecretBytes)
	}
	if err := p.check(); err != nil {
		return "", fmt.Errorf("mint token: %w", err)
	}
	parts := []string{roleToken, encode([]byte(p.Role)), encode([]byte(p.Subject)), encode([]byte(p.access())), encode(p.mac(secret))}
	return strings.Join(parts, "."), nil
}

// VerifyRole returns whom a token of the API speaks for. It compares in constant time;
// without a secret nobody is let in.
func VerifyRole(secret []byte, token string) (Person, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 5 || parts[0] != roleToken {
		return Person{}, fmt.Errorf("%w: this is no token of the API; mint one with: yunjian-collector token --role office", ErrUnauthorized)
	}
	var decoded [4]string
	for i, part := range parts[1:] {
		b, err := decode(part)
		if err != nil {
			return Person{}, fmt.Errorf("%w: the token is damaged", ErrUnauthorized)
		}
		decoded[i] = string(b)
	}
	p := Person{Role: Role(decoded[0]), Subject: decoded[1], Reader: decoded[2] == accessRead}
	good := len(secret) >= MinSecretBytes && p.check() == nil && slices.Contains([]string{accessRead, accessWrite}, decoded[2])
	if !hmac.Equal(p.mac(secret), []byte(decoded[3])) || !good {
		return Person{}, fmt.Errorf("%w: the token is not of this collector", ErrUnauthorized)
	}
	return p, nil
}
