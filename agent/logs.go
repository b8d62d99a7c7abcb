package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/yunjian-io/yunjian/agent/logs"
	"github.com/yunjian-io/yunjian/agent/probe"
)

// LookAtLogs looks once at the logs of the host, with the memory of an agent that runs
// here if there is one that may be read, and changes nothing. remembered says whether
// there was.
func LookAtLogs(ctx context.Context, o Options) (report *logs.Report, remembered bool, err error) {
	o = o.withDefaults()
	if err := o.Config.validate(); err != nil {
		return nil, false, err
	}
	id, err := probe.New(o.Probes).Identity(ctx, o.Config.HostID)
	if err != nil {
		return nil, false, err
	}
	options := observerOptions(o)
	options.Host, options.ReadOnly, options.Budget = id.Host, true, logs.Budget{}
	observer, err := logs.New(options)
	remembered = err == nil
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		options.StateDir = ""
		observer, err = logs.New(options)
	}
	if err != nil {
		return nil, false, err
	}
	report, err = observer.Pass(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("look at logs: %w", err)
	}
	return report, remembered, observer.Close()
}
