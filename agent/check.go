package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/yunjian-io/yunjian/agent/probe"
	"github.com/yunjian-io/yunjian/agent/push"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Finding is one line of Check.
type Finding struct {
	Item   string `json:"item"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // what was found, and if it is broken what to do
}

// ErrBroken means that a finding of Check is not OK.
var ErrBroken = errors.New("the agent cannot do all of its work here")

// Check tries everything that Run needs, in plain words: each probe, the host id,
// the spool folder and the collector. It changes nothing, but makes the spool
// folder if there is none.
func Check(ctx context.Context, o Options) []Finding {
	o = o.withDefaults()
	if err := o.Config.validate(); err != nil {
		return []Finding{{"configuration", false, err.Error()}}
	}
	findings := []Finding{{"configuration", true, fmt.Sprintf("looks every %s, reports every %s", time.Duration(o.Config.LookInterval), time.Duration(o.Config.ReportInterval))}}
	probes := probe.New(o.Probes)
	for _, s := range probes.Begin(ctx) {
		findings = append(findings, finding("probe "+s.Probe, "can be read", s.Err))
	}
	id, err := probes.Identity(ctx, o.Config.HostID)
	findings = append(findings, finding("host id", fmt.Sprintf("%s (%s)", id.Host, id.HostKind), err))
	if o.Config.CollectorURL == "" {
		return append(findings, Finding{"collector", true, "collector_url is not set: the agent only serves /metrics"})
	}
	return append(findings, checkSpool(o.Config), checkCollector(ctx, o))
}

func finding(item, good string, err error) Finding {
	if err != nil {
		return Finding{item, false, err.Error()}
	}
	return Finding{item, true, good}
}

// checkSpool writes a file and removes it, beside an agent that may be running.
func checkSpool(c Config) Finding {
	const item = "spool"
	err := os.MkdirAll(c.SpoolDir, 0o700)
	var f *os.File
	if err == nil {
		f, err = os.CreateTemp(c.SpoolDir, "check-*")
	}
	if err != nil {
		return Finding{item, false, fmt.Sprintf("%v; the user of the agent must own spool_dir", err)}
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return Finding{item, false, err.Error()}
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(c.SpoolDir, &s); err != nil {
		return Finding{item, false, fmt.Sprintf("statfs %s: %v", c.SpoolDir, err)}
	}
	waiting := 0
	for _, pattern := range []string{"*.batch", "*.segment"} {
		names, _ := filepath.Glob(filepath.Join(c.SpoolDir, pattern)) // the pattern is right
		waiting += len(names)
	}
	detail := fmt.Sprintf("%s can be written, %d files wait, limit %d MiB", c.SpoolDir, waiting, c.SpoolLimit>>20)
	if free := int64(s.Bavail) * s.Bsize; free < int64(c.SpoolLimit) {
		return Finding{item, false, fmt.Sprintf("%s, but only %d MiB are free; make room or lower spool_limit", detail, free>>20)}
	}
	return Finding{item, true, detail}
}

// checkCollector sends an empty request: the collector authenticates before it
// decodes, so every answer but a refusal shows that the token is good.
func checkCollector(ctx context.Context, o Options) Finding {
	item := "collector"
	a := &agent{Options: o}
	client, err := push.New(a.pushOptions(), &push.Meter{})
	if err != nil {
		return Finding{item, false, err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	v, err := client.Send(ctx, push.Metrics(), (&wire.Encoder{}).Bytes())
	if err != nil {
		return Finding{item, false, "no answer within 15 s; is collector_url right and the port open?"}
	}
	clock := ""
	if v.ClockKnown {
		clock = fmt.Sprintf(", this clock is %s ahead", v.ClockOffset.Round(time.Millisecond))
	}
	switch {
	case v.Status == 0:
		return Finding{item, false, "not reachable: " + v.Detail}
	case v.Outcome == push.Unauthorized:
		return Finding{item, false, "reachable, but refuses the token (" + v.Detail + "); is token_file the one minted for this host?"}
	case v.Outcome == push.Delivered || v.Outcome == push.Rejected:
		return Finding{item, true, "reachable and authorised" + clock}
	}
	return Finding{item, false, "reachable, but answers " + v.Detail + "; is this the address of a collector?"}
}

// WriteFindings prints what Check found, as a table or as JSON, and returns
// ErrBroken if something is.
func WriteFindings(to io.Writer, findings []Finding, asJSON bool) error {
	broken := false
	for _, f := range findings {
		broken = broken || !f.OK
	}
	if asJSON {
		enc := json.NewEncoder(to)
		enc.SetIndent("", "  ")
		if err := enc.Encode(findings); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
	} else {
		w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
		for _, f := range findings {
			fmt.Fprintf(w, "%s\t%s\t%s\n", map[bool]string{true: "ok", false: "BROKEN"}[f.OK], f.Item, f.Detail)
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
	}
	if broken {
		return ErrBroken
	}
	return nil
}
