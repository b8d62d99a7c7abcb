// Command screenshots takes a PNG of each dashboard that was published to a Grafana, with a
// headless Chromium. It is for the makers of dashboards: what is drawn is looked at, not tested.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/dashboards"
)

// options are the flags.
type options struct {
	grafana, tokenFile, out, chromium, query string
	sandbox                                  bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var o options
	f := flag.NewFlagSet("screenshots", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&o.grafana, "grafana", os.Getenv("GRAFANA_URL"), "address of Grafana")
	f.StringVar(&o.tokenFile, "token-file", os.Getenv("GRAFANA_TOKEN_FILE"), "file with a Viewer's service account token")
	f.StringVar(&o.out, "out", "var/screenshots", "folder of the pictures")
	f.StringVar(&o.chromium, "chromium", "chromium", "command of Chromium or Chrome")
	f.StringVar(&o.query, "query", "from=now-24h&to=now", "time range and variables, as in the address of a dashboard")
	f.BoolVar(&o.sandbox, "sandbox", os.Getuid() != 0, "let Chromium use its sandbox, which root cannot")
	if err := f.Parse(args); err != nil {
		return err
	}
	base, err := url.Parse(strings.TrimRight(o.grafana, "/"))
	if err != nil || base.Host == "" || o.tokenFile == "" {
		return errors.New("give --grafana and --token-file, or set GRAFANA_URL and GRAFANA_TOKEN_FILE")
	}
	token, err := os.ReadFile(o.tokenFile)
	if err != nil {
		return fmt.Errorf("read token: %w", err)
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	all, err := dashboards.Dashboards()
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: signedIn(base, strings.TrimSpace(string(token))), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	for _, d := range all {
		name := filepath.Join(o.out, d.UID+".png")
		page := "http://" + listener.Addr().String() + base.Path + "/d/" + d.UID + "?kiosk&" + o.query
		if err := o.shoot(ctx, page, name, height(d.JSON), errOut); err != nil {
			return fmt.Errorf("dashboard %s: %w", d.UID, err)
		}
		fmt.Fprintln(out, name)
	}
	return nil
}

// signedIn is Grafana for a browser that cannot send the token itself. It listens on this
// host only, while pictures are taken.
func signedIn(base *url.URL, token string) http.Handler {
	root := &url.URL{Scheme: base.Scheme, Host: base.Host}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(root)
		r.Out.Header.Set("Authorization", "Bearer "+token)
		for _, name := range []string{"Origin", "Referer", "Cookie"} { // Grafana refuses what seems to come from another site
			r.Out.Header.Del(name)
		}
	}}
}

// shoot takes one picture. Chromium's time runs ahead of the clock until the page is at rest.
func (o *options) shoot(ctx context.Context, page, name string, height int, errOut io.Writer) error {
	profile, err := os.MkdirTemp("", "screenshots")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	args := []string{
		"--headless=new", "--disable-gpu", "--hide-scrollbars", "--lang=zh-CN", "--user-data-dir=" + profile, "--virtual-time-budget=30000",
		fmt.Sprintf("--window-size=1600,%d", height), "--screenshot=" + name,
	}
	if !o.sandbox {
		args = append(args, "--no-sandbox")
	}
	var said bytes.Buffer
	chromium := exec.CommandContext(ctx, o.chromium, append(args, page)...)
	chromium.Stderr = &said
	if err := chromium.Run(); err != nil {
		_, _ = io.Copy(errOut, &said)
		return fmt.Errorf("run %s: %w", o.chromium, err)
	}
	picture, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		_, _ = io.Copy(errOut, &said)
		return fmt.Errorf("%s made no picture", o.chromium)
	}
	return nil
}

// height is that of a dashboard in pixels, within what Chromium draws: 38 for each unit of
// the grid, and 100 for the variables.
func height(model []byte) int {
	var board struct {
		Panels []struct {
			GridPos struct {
				Y int `json:"y"`
				H int `json:"h"`
			} `json:"gridPos"`
		} `json:"panels"`
	}
	rows := 0
	if err := json.Unmarshal(model, &board); err == nil {
		for _, p := range board.Panels {
			rows = max(rows, p.GridPos.Y+p.GridPos.H)
		}
	}
	return min(100+38*max(rows, 10), 12000)
}
