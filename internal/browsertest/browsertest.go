// Package browsertest looks at pages with a real headless Chromium.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds what is asked of the browser, on a machine that is busy.
const patience = 2 * time.Minute

// Tab is a tab of a browser that the test owns.
type Tab struct {
	ctx context.Context
	dir string // where downloads go

	mu       sync.Mutex
	requests []string
	problems []string
	files    chan string // names of finished downloads
	names    map[string]string
}

// Open starts a browser and opens a tab of a size in CSS pixels. Where there is no Chromium
// the test is skipped; in CI it fails.
func Open(t *testing.T, width, height int64) *Tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no chromium: apt install chromium")
		}
		t.Skip("no chromium: apt install chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(patience))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the end of the browser, so that its folder can go
		cancel()
	})
	b := &Tab{ctx: ctx, dir: t.TempDir(), files: make(chan string, 16), names: map[string]string{}}
	err = chromedp.Do(ctx, chromedp.EmulateViewport(width, height))
	for _, next := range []func() error{
		func() error { return chromedp.Listen(ctx, b.see) },
		func() error { return call(ctx, network.Enable, network.EnableParams{}) },
		func() error { return call(ctx, log.Enable, cdp.Empty{}) },
		func() error {
			return call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
				Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: b.dir, EventsEnabled: new(true),
			})
		},
	} {
		if err == nil {
			err = next()
		}
	}
	if err != nil {
		t.Fatalf("start browser: %v", err)
	}
	return b
}

func call[P, R any](ctx context.Context, cmd cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(ctx, cmd, params)
	return err
}

// see notes what the page asks for and complains of.
func (b *Tab) see(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.problems = append(b.problems, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *browser.EventDownloadWillBegin:
		b.names[e.GUID] = e.SuggestedFilename
	case *browser.EventDownloadProgress:
		if e.State == browser.DownloadProgressStateCompleted {
			b.files <- e.GUID
		}
	}
}

// patient bounds one question to the browser.
func (b *Tab) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, patience)
}

// Visit goes to an address and returns the status of the answer.
func (b *Tab) Visit(t *testing.T, url string) int {
	t.Helper()
	b.mu.Lock()
	b.requests, b.problems = nil, nil
	b.mu.Unlock()
	ctx, cancel := b.patient()
	defer cancel()
	response, err := chromedp.RunResponse(ctx, chromedp.Navigate(url))
	if err != nil {
		t.Fatalf("visit %s: %v", url, err)
	}
	return int(response.Status)
}

// Ask evaluates JavaScript on the page and returns what comes of it.
func Ask[T any](t *testing.T, b *Tab, script string) T {
	t.Helper()
	return run(t, b, chromedp.Evaluate[T](script))
}

// Requests are the addresses that the page has asked for, itself first; Problems what the
// browser complained of, such as what a policy forbids.
func (b *Tab) Requests() []string { return b.noted(&b.requests) }

// Problems are the errors and warnings of the browser since the last visit.
func (b *Tab) Problems() []string { return b.noted(&b.problems) }

func (b *Tab) noted(list *[]string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(*list)
}

// Print prints the page to PDF as a person would, on the paper that the page asks for.
func (b *Tab) Print(t *testing.T) []byte {
	t.Helper()
	return run(t, b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
}

// Resize makes the window another size.
func (b *Tab) Resize(t *testing.T, width, height int64, mobile bool) {
	t.Helper()
	var options []chromedp.EmulateViewportOption
	if mobile {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulatePortrait)
	}
	run(t, b, chromedp.EmulateViewport(width, height, options...))
}

// Picture is what a person sees of the page, as PNG.
func (b *Tab) Picture(t *testing.T) []byte {
	t.Helper()
	return run(t, b, chromedp.FullScreenshot(100))
}

func run[T any](t *testing.T, b *Tab, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := b.patient()
	defer cancel()
	out, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatalf("browser: %v", err)
	}
	return out
}

// Download clicks on what the selector names and returns the file that comes of it.
func (b *Tab) Download(t *testing.T, selector string) (name string, data []byte) {
	t.Helper()
	run(t, b, chromedp.Click(chromedp.CSS(selector)))
	ctx, cancel := b.patient()
	defer cancel()
	select {
	case guid := <-b.files:
		data, err := os.ReadFile(filepath.Join(b.dir, guid))
		if err != nil {
			t.Fatal(err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.names[guid], data
	case <-ctx.Done():
		t.Fatalf("nothing was downloaded from %s", selector)
		return "", nil
	}
}
