package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Scope is what a token may write.
type Scope struct {
	Provider string
	Host     string // the only host it may write; empty for a provider's gateway
}

// Token formats: "yjh." provider "." host "." mac for one host, and
// "yjp." provider "." mac for a gateway; every part is base64url without padding.
// The collector checks them without state: mac = HMAC-SHA256(provider secret,
// host id), for a gateway over a text that no host id can be, so replacing the secret revokes every token of the provider.
const (
	hostToken     = "yjh"
	providerToken = "yjp"
)

// ErrUnauthorized means that a token is missing, malformed or not ours.
var ErrUnauthorized = errors.New("unauthorized")

// MinSecretBytes is the least length of a provider's secret.
const MinSecretBytes = 32

// Mint makes the token for a scope from the provider's secret.
func Mint(secret []byte, scope Scope) (string, error) {
	if len(secret) < MinSecretBytes {
		return "", fmt.Errorf("mint token: secret of provider %q has %d bytes; want at least %d", scope.Provider, len(secret), MinSecretBytes)
	}
	if scope.Provider == "" {
		return "", errors.New("mint token: no provider given")
	}
	if strings.ContainsRune(scope.Host, 0) {
		return "", errors.New("mint token: a host id cannot hold a zero byte")
	}
	if scope.Host == "" {
		return providerToken + "." + encode([]byte(scope.Provider)) + "." + encode(mac(secret, scope)), nil
	}
	return hostToken + "." + encode([]byte(scope.Provider)) + "." + encode([]byte(scope.Host)) + "." + encode(mac(secret, scope)), nil
}

// Secrets holds the secret of every provider, by its id.
type Secrets map[string][]byte

// Verify returns the scope of a token. It compares in constant time.
func (s Secrets) Verify(token string) (Scope, error) {
	parts := strings.Split(token, ".")
	if len(parts) < 3 || len(parts) > 4 || (parts[0] == hostToken) != (len(parts) == 4) || (parts[0] != hostToken && parts[0] != providerToken) {
		return Scope{}, fmt.Errorf("%w: this is no token of ours", ErrUnauthorized)
	}
	decoded := make([]string, len(parts))
	for i, part := range parts[1:] {
		b, err := decode(part)
		if err != nil {
			return Scope{}, fmt.Errorf("%w: the token is damaged", ErrUnauthorized)
		}
		decoded[i] = string(b)
	}
	scope := Scope{Provider: decoded[0]}
	given := decoded[len(parts)-2]
	if len(parts) == 4 {
		scope.Host = decoded[1]
		if scope.Host == "" || strings.ContainsRune(scope.Host, 0) {
			return Scope{}, fmt.Errorf("%w: the token names no host", ErrUnauthorized)
		}
	}
	secret, known := s[scope.Provider]
	if !known {
		secret = make([]byte, MinSecretBytes) // take the same time as for a known provider
	}
	if !hmac.Equal(mac(secret, scope), []byte(given)) || !known {
		return Scope{}, fmt.Errorf("%w: the token does not belong to a provider of this collector", ErrUnauthorized)
	}
	return scope, nil
}

func mac(secret []byte, scope Scope) []byte {
	h := hmac.New(sha256.New, secret)
	if scope.Host == "" {
		h.Write([]byte("\x00provider")) // no host id holds a zero byte
	} else {
		h.Write([]byte(scope.Host))
	}
	return h.Sum(nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode undoes encode, and takes nothing but what encode gives: base64 by itself passes over
// the ends of lines.
func decode(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, errors.New("a line ends within it")
	}
	return base64.RawURLEncoding.Strict().DecodeString(part)
}

// ProviderOf is the provider that a gateway's token names. It does not check the
// token; that is up to the door.
func ProviderOf(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != providerToken {
		return "", errors.New("this is no token of a provider; mint one with: yunjian-collector token --provider ID")
	}
	provider, err := decode(parts[1])
	if err != nil || len(provider) == 0 {
		return "", errors.New("the token is damaged")
	}
	return string(provider), nil
}
