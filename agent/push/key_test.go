package push

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"testing"
)

// privateKey returns the key of the test server, which also serves as client.
func privateKey(t *testing.T, s *httptest.Server) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
