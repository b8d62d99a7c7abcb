package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
	"github.com/yunjian-io/yunjian/internal/peers"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// receiver is a running program that takes remote write.
type receiver struct {
	*process
	name    string
	dir     string
	address string
	secure  *tls.Config
	token   func(host string) (string, error) // nil: it takes everybody
	config  string                            // of our collector
}

// load makes the connections of a fleet to the receiver.
func (r *receiver) load(f *fleet) (*fleetLoad, error) {
	var token func(int) (string, error)
	if r.token != nil {
		token = func(i int) (string, error) { return r.token(f.hosts[i].id) }
	}
	return newLoad(r.address, wire.PathWrite, len(f.hosts), r.secure, token)
}

// remove stops the receiver and drops its data.
func (r *receiver) remove() {
	r.stop()
	_ = os.RemoveAll(r.dir) // the folder of the whole run goes in the end
}

const provider = "bench"

// collectorOptions say how our collector is started.
type collectorOptions struct {
	secure  bool
	profile string // file for a CPU profile; empty for none
	window  time.Duration
}

// startCollector runs our collector with an empty embedded engine.
func (b *bench) startCollector(ctx context.Context, o collectorOptions) (*receiver, error) {
	dir, err := os.MkdirTemp(b.dir, "c")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	secret := []byte("a secret of the benchmark, for one run on loopback")
	r := &receiver{name: "yunjian", dir: dir, address: address, config: filepath.Join(dir, "collector.yaml")}
	r.token = func(host string) (string, error) {
		return ingest.Mint(secret, ingest.Scope{Provider: provider, Host: host})
	}
	text := fmt.Sprintf("data_dir: d\nlisten: %s\nproviders:\n  - {id: %s, secret_file: secret}\n", address, provider)
	if o.window > 0 {
		text += "group_commit: " + o.window.String() + "\n"
	}
	url, client := "http://", http.DefaultClient
	if o.secure {
		url = "https://"
		text += "tls: {cert_file: cert.pem, key_file: key.pem}\n"
		if r.secure, err = certificate(dir); err != nil {
			return nil, err
		}
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: r.secure}}
	}
	for name, content := range map[string]string{"collector.yaml": text, "secret": string(secret)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return nil, fmt.Errorf("write configuration: %w", err)
		}
	}
	return r, b.runCollector(ctx, r, client, url+address+"/healthz", o.profile)
}

func (b *bench) runCollector(ctx context.Context, r *receiver, client *http.Client, health, profile string) (err error) {
	args := []string{"serve", "--config", r.config}
	if profile != "" {
		args = append(args, "--cpuprofile", profile)
	}
	if r.process, err = b.start(ctx, "collector", r.dir, filepath.Join(b.bin, "yunjian-collector"), args...); err != nil {
		return err
	}
	if err := r.ready(ctx, client, health); err != nil {
		r.stop()
		return err
	}
	return nil
}

// engineDir is where the collector keeps its engine.
func (r *receiver) engineDir() string { return filepath.Join(r.dir, "d", "engine") }

// guest opens the database of the running collector.
func (r *receiver) guest(ctx context.Context) (*store.Store, error) {
	e, err := engine.Attach(ctx, r.engineDir())
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{Dial: e.DialContext})
}

// certificate makes one for loopback, valid for a day, and returns how a client
// trusts it.
func certificate(dir string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, content := range map[string][]byte{"cert.pem": public, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, fmt.Errorf("write certificate: %w", err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}, nil
}

// startVictoria runs Debian's VictoriaMetrics with no data.
func (b *bench) startVictoria(ctx context.Context) (*receiver, error) {
	return b.startPeer(ctx, "victoria-metrics", "usr/bin/victoria-metrics", "/health", func(dir, address string) []string {
		return []string{"-storageDataPath=" + filepath.Join(dir, "data"), "-httpListenAddr=" + address, "-retentionPeriod=12", "-loggerLevel=ERROR"}
	})
}

// startPrometheus runs Debian's Prometheus with no data and nothing to scrape.
func (b *bench) startPrometheus(ctx context.Context) (*receiver, error) {
	return b.startPeer(ctx, "prometheus", "usr/bin/prometheus", "/-/ready", func(dir, address string) []string {
		return []string{
			"--web.enable-remote-write-receiver", "--web.max-connections=30000", "--storage.tsdb.path=" + filepath.Join(dir, "data"),
			"--web.listen-address=" + address, "--config.file=" + filepath.Join(dir, "empty.yml"), "--log.level=error",
		}
	})
}

func (b *bench) startPeer(ctx context.Context, pkg, program, health string, args func(dir, address string) []string) (*receiver, error) {
	binary, err := peers.Binary(ctx, pkg, program)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, "p")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "empty.yml"), nil, 0o600); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	r := &receiver{name: pkg, dir: dir, address: address}
	if r.process, err = b.start(ctx, pkg, dir, binary, args(dir, address)...); err != nil {
		return nil, err
	}
	if err := r.ready(ctx, http.DefaultClient, "http://"+address+health); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}
