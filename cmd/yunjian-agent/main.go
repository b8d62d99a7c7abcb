// Command yunjian-agent measures a host and reports to a Yunjian collector.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/yunjian-io/yunjian/agent"
)

func main() {
	// A guest on the host: one thread of Go code. The heap is so small that sweeping
	// it earlier than Go does by itself costs CPU time and saves next to nothing.
	runtime.GOMAXPROCS(1)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, agent.ErrBroken) {
			fmt.Fprintln(os.Stderr, "yunjian-agent:", err)
		}
		stop()
		os.Exit(1)
	}
}

// buildVersion is set by the linker to what `git describe` says.
var buildVersion string
