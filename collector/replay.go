package collector

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/replay"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// ReplayOptions say what to replay and how; the zero value of a field is its default.
type ReplayOptions struct {
	// Traces is the folder of the traces.
	Traces string
	// MadeUp is the number of machines of a made-up fleet, which is used instead of traces
	// if it is not 0: three months and what has passed of the present one, by Seed.
	MadeUp int
	Seed   uint64
	// URL of the collector. Default: what the configuration listens on
	URL string
	// CAFile holds the certificates by which the collector's is checked. Default: those of the system
	CAFile string
	// Token of a provider.
	Token string
	// ShiftTo is the month to which the first month of the traces is moved.
	// Default: such that the last one is the last month that is over
	ShiftTo calendar.Month
	// From, Speed, PerHost, InFlight and Limit are those of replay.Config.
	From     calendar.Date
	Speed    float64
	PerHost  bool
	InFlight int
	Limit    int64
	// Progress is where the progress is shown, and whether it is a terminal.
	Progress io.Writer
	Terminal bool
}

// Replay is a trace that is read and ready to be sent.
type Replay struct {
	Traces   traces.Summary
	Shift    replay.Shift
	Problems []traces.Problem // the first of the skipped lines

	vms     []traces.VM
	options ReplayOptions
	now     time.Time
}

// shownProblems is how many skipped lines of traces are kept.
const shownProblems = 20

// NewReplay reads the traces.
func NewReplay(o ReplayOptions, now time.Time) (*Replay, error) {
	r := &Replay{options: o, now: now}
	problem := func(p traces.Problem) {
		if len(r.Problems) < shownProblems {
			r.Problems = append(r.Problems, p)
		}
	}
	if o.MadeUp > 0 {
		return r.madeUp()
	}
	info, err := os.Stat(o.Traces)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err != nil {
		return nil, fmt.Errorf("read traces in %q: %w", o.Traces, err)
	}
	r.Traces, err = traces.Read(os.DirFS(o.Traces), traces.Options{Problem: problem}, func(v traces.VM) error {
		r.vms = append(r.vms, v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read traces in %q: %w", o.Traces, err)
	}
	r.Shift, err = replay.NewShift(r.vms, o.ShiftTo, now, store.Zone())
	return r, err
}

// madeUpMonths are how many whole months of a made-up fleet precede the present one.
const madeUpMonths = 3

// madeUp makes a fleet up to the end of this month; what is still to come is not sent.
func (r *Replay) madeUp() (*Replay, error) {
	month := calendar.DateOf(r.now.In(store.Zone())).CalendarMonth()
	r.vms = traces.MadeUp(r.options.Seed, r.options.MadeUp, month.Add(-madeUpMonths), madeUpMonths+1)
	for i := range r.vms {
		r.Traces.Add(&r.vms[i])
	}
	to := r.options.ShiftTo
	if to.IsZero() {
		to = month.Add(-madeUpMonths)
	}
	var err error
	r.Shift, err = replay.NewShift(r.vms, to, r.now, store.Zone())
	return r, err
}

// Inventory writes an inventory in which the machines of the traces are allocated into
// a folder and returns the names of its files in the order in which to import them.
func (r *Replay) Inventory(dir, provider string) ([]string, error) {
	files, err := replay.Inventory(r.vms, provider, r.Shift)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("write inventory: %w", err)
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = filepath.Join(dir, f.Name)
		if err := os.WriteFile(names[i], f.Data, 0o644); err != nil {
			return nil, fmt.Errorf("write inventory: %w", err)
		}
	}
	return names, nil
}

// Send sends the traces to the collector until it has stored them.
func (r *Replay) Send(ctx context.Context) (replay.Summary, error) {
	o := r.options
	client, err := replayClient(o)
	if err != nil {
		return replay.Summary{}, err
	}
	defer client.CloseIdleConnections()
	c := replay.Config{
		VMs: r.vms, URL: strings.TrimRight(o.URL, "/"), Token: o.Token, Client: client, Shift: r.Shift, Zone: store.Zone(),
		Now: r.now, From: o.From, Speed: o.Speed, PerHost: o.PerHost, InFlight: o.InFlight, Limit: o.Limit,
	}
	if o.Progress != nil {
		bar := replay.NewBar(o.Progress, o.Terminal)
		defer bar.End()
		c.Report = bar.Show
	}
	return replay.Run(ctx, c)
}

// replayClient keeps a connection for every request in flight.
func replayClient(o ReplayOptions) (*http.Client, error) {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1 << 16, DisableCompression: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA file: %q holds no certificate in PEM", o.CAFile)
		}
	}
	// Longer than the collector takes for a commit that times out.
	return &http.Client{Transport: t, Timeout: 2 * time.Minute}, nil
}

// URL is where a collector with this configuration is reached from its own host.
func (c *Config) URL() string {
	scheme := "http"
	if c.TLS.CertFile != "" {
		scheme = "https"
	}
	return scheme + "://" + c.Listen
}

// TokenProvider is the provider in whose name a token speaks. It reads the token
// without checking it; an error says that it is none for a provider.
func TokenProvider(token string) (string, error) { return ingest.ProviderOf(token) }
