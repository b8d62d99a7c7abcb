package collector

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/rules/rightsize"
	"github.com/yunjian-io/yunjian/rules/rightsize/backtest"
)

// BacktestTraces is a folder of traces, read for a back-test.
type BacktestTraces struct {
	Summary  traces.Summary
	Problems []traces.Problem // the first of the skipped lines
	Hosts    []backtest.Host
}

// ReadBacktest reads the machines of a folder of traces in any layout that replay
// reads. The block of a machine is its number less one, divided by ten; a machine
// whose name is no number takes its place in the order of names instead.
func ReadBacktest(folder string) (*BacktestTraces, error) {
	info, err := os.Stat(folder)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err != nil {
		return nil, fmt.Errorf("read traces in %q: %w", folder, err)
	}
	b := &BacktestTraces{}
	problem := func(p traces.Problem) {
		if len(b.Problems) < shownProblems {
			b.Problems = append(b.Problems, p)
		}
	}
	b.Summary, err = traces.Read(os.DirFS(folder), traces.Options{Problem: problem}, func(v traces.VM) error {
		number, err := strconv.Atoi(v.ID)
		if err != nil || number < 1 {
			number = len(b.Hosts) + 1
		}
		b.Hosts = append(b.Hosts, backtestHost(v, (number-1)/10))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read traces in %q: %w", folder, err)
	}
	return b, nil
}

// backtestHost lays the days of a trace end to end; days without any row are missing.
func backtestHost(v traces.VM, block int) backtest.Host {
	h := backtest.Host{ID: v.ID, Block: block}
	if len(v.Days) == 0 {
		return h
	}
	h.From = v.Days[0].Date
	days := h.From.DaysUntil(v.Days[len(v.Days)-1].Date) + 1
	h.CPU, h.Memory, h.Off = missing(days*traces.Slots), missing(days*traces.Slots), make([]bool, days*traces.Slots)
	h.Provisioned = make([]backtest.Provision, days)
	for i := range v.Days {
		d := &v.Days[i]
		day := h.From.DaysUntil(d.Date)
		for slot := range traces.Slots {
			at := day*traces.Slots + slot
			if cpu := traces.At(d.CPU, slot); cpu >= 0 {
				h.CPU[at] = cpu
			}
			if memory := traces.At(d.Memory, slot); memory >= 0 {
				h.Memory[at] = memory
			}
			h.Off[at] = d.State(slot) == traces.PoweredOff
		}
		if d.Cores > 0 && !d.Carried {
			h.Provisioned[day] = backtest.Provision{Cores: float64(d.Cores), CPUMHz: d.CPUMHz, MemoryMiB: d.MemoryMiB}
		}
		addNetwork(&h, d, day, days)
	}
	return h
}

// addNetwork takes what a day says of the network, where it says anything.
func addNetwork(h *backtest.Host, d *traces.Day, day, days int) {
	if len(d.Transmit) > 0 {
		if h.Transmit == nil {
			h.Transmit = missing(days * 24)
		}
		for hour := range 24 {
			h.Transmit[day*24+hour] = hourMean(d.Transmit, hour)
		}
	}
	if d.Below.Slots > 0 {
		if h.Network == nil {
			h.Network = make([]rightsize.NetworkDay, days)
		}
		h.Network[day] = rightsize.NetworkDay{
			Slots: d.Below.Slots, ReceiveBelow: d.Below.Receive, TransmitBelow: d.Below.Transmit,
			Received: d.Below.Received, Transmitted: d.Below.Transmitted,
		}
	}
}

// hourMean is the mean of the slots of an hour that have a value; NaN without any.
func hourMean(series []float32, hour int) float64 {
	sum, n := 0.0, 0
	for slot := hour * traces.Slots / 24; slot < (hour+1)*traces.Slots/24; slot++ {
		if x := traces.At(series, slot); !math.IsNaN(x) {
			sum, n = sum+x, n+1
		}
	}
	return sum / float64(n)
}

func missing(n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = math.NaN()
	}
	return s
}

// BacktestModel is the model of risk that a back-test scores.
func BacktestModel() backtest.Model { return backtest.RiskModel() }
