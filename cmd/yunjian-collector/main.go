// Command yunjian-collector receives what agents report, stores it in
// ClickHouse, judges it and writes the monthly reports.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// errSilent ends the program with status 1 when everything has been said already.
var errSilent = errors.New("")

// errPending ends it with status 2: a dry run has found something to do.
var errPending = errors.New("")

// run is main with its surroundings as values.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	if err := root.ExecuteContext(ctx); err != nil {
		if errors.Is(err, errPending) {
			return 2
		}
		if !errors.Is(err, errSilent) {
			fmt.Fprintln(errOut, "yunjian-collector:", err)
		}
		return 1
	}
	return 0
}

// buildVersion is set by the linker to what `git describe` says.
var buildVersion string
