package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/dashboards"
)

const (
	panelHosts  = 1000
	panelMonths = 3
	// panelSeconds is how long a panel may take.
	panelSeconds = 1
	// panelPoints is how many points Grafana asks for in the width of a page.
	panelPoints = 1000
	// panelRuns is how often each question is asked; the median counts.
	panelRuns = 3
)

// panelSection asks every question of every dashboard, with everything chosen, over a
// judged fleet: once for the time with which the dashboard opens, and once for all of it.
func panelSection(ctx context.Context, b *bench) (err error) {
	hosts := panelHosts
	if b.quick {
		hosts = 50
	}
	d, err := b.monthsFleet(ctx, hosts)
	if err != nil {
		return err
	}
	done := d.close
	if b.fleets != "" {
		done = d.leave
	}
	defer func() { err = errors.Join(err, done()) }()
	if _, err := b.command(ctx, d, "judge"); err != nil {
		return err
	}
	all, err := dashboards.Dashboards()
	if err != nil {
		return err
	}
	_, to := percentileMonth()
	to = to.Add(-time.Second)
	for _, board := range all {
		panels, span, err := questions(board)
		if err != nil {
			return err
		}
		whole := time.Duration(panelMonths*monthBuckets) * 5 * time.Minute
		for _, shown := range []struct {
			name string
			span time.Duration
		}{{"as opened", span}, {"three months", whole}} {
			slowest, err := slowestPanel(ctx, d, panels, dashboards.View{From: to.Add(-shown.span), To: to, Interval: max(5*time.Minute, shown.span/panelPoints)})
			if err != nil {
				return fmt.Errorf("dashboard %s: %w", board.UID, err)
			}
			b.most(fmt.Sprintf("slowest panel of %s, %s, %s hosts", board.UID, shown.name, number(float64(hosts))), "s", slowest.took.Seconds(), panelSeconds,
				fmt.Sprintf("%s; engine %s CPU-s; median of %d runs of %d panels; load average %s", slowest.title, number(slowest.cpu.Seconds()), panelRuns, len(panels), loadAverage()))
		}
	}
	return nil
}

// question is the SQL of a panel.
type question struct{ title, sql string }

// questions are those of a dashboard, and the time with which it opens.
func questions(d dashboards.Dashboard) (out []question, span time.Duration, err error) {
	type panel struct {
		Title   string `json:"title"`
		Targets []struct {
			SQL string `json:"rawSql"`
		} `json:"targets"`
	}
	var read struct {
		Time struct {
			From string `json:"from"`
		} `json:"time"`
		Panels []struct {
			panel
			Panels []panel `json:"panels"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(d.JSON, &read); err != nil {
		return nil, 0, fmt.Errorf("read dashboard %s: %w", d.UID, err)
	}
	var n int
	var unit string
	if _, err := fmt.Sscanf(read.Time.From, "now-%d%s", &n, &unit); err != nil {
		return nil, 0, fmt.Errorf("dashboard %s opens at %q: %w", d.UID, read.Time.From, err)
	}
	days := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "y": 365 * 24 * time.Hour}
	for _, p := range read.Panels {
		for _, shown := range append(p.Panels, p.panel) {
			for _, t := range shown.Targets {
				out = append(out, question{shown.Title, t.SQL})
			}
		}
	}
	return out, time.Duration(n) * days[unit], nil
}

// asked is what a panel took.
type asked struct {
	title     string
	took, cpu time.Duration
}

// slowestPanel asks all questions and returns the one that took longest.
func slowestPanel(ctx context.Context, d *database, panels []question, v dashboards.View) (slowest asked, err error) {
	for _, p := range panels {
		sql, err := v.Ask(p.sql)
		if err != nil {
			return slowest, fmt.Errorf("panel %s: %w", p.title, err)
		}
		var runs []asked
		for range panelRuns {
			before, err := runTime(d.engine.PID())
			if err != nil {
				return slowest, err
			}
			begin := time.Now()
			if err := d.Exec(ctx, sql+" FORMAT Null"); err != nil {
				return slowest, fmt.Errorf("panel %s: %w", p.title, err)
			}
			took := time.Since(begin)
			after, err := runTime(d.engine.PID())
			if err != nil {
				return slowest, err
			}
			runs = append(runs, asked{p.title, took, after - before})
		}
		slices.SortFunc(runs, func(a, b asked) int { return cmp.Compare(a.took, b.took) })
		if median := runs[len(runs)/2]; median.took > slowest.took {
			slowest = median
		}
	}
	return slowest, nil
}

// monthsFleet opens a database with three months of a fleet: one that was kept, or a new
// one.
func (b *bench) monthsFleet(ctx context.Context, hosts int) (_ *database, err error) {
	var dir string
	if b.fleets == "" {
		if dir, err = os.MkdirTemp(b.dir, "e"); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	} else {
		if dir, err = filepath.Abs(filepath.Join(b.fleets, fmt.Sprintf("months-%d", hosts))); err != nil {
			return nil, fmt.Errorf("find folder: %w", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	}
	d, err := b.openDatabaseIn(ctx, dir)
	if err != nil {
		return nil, err
	}
	marker := filepath.Join(dir, "made") // written last: a fleet that was cut off is not used
	if _, err := os.Stat(marker); err == nil {
		return d, b.forgetRuns(ctx, d.Store)
	}
	begin := time.Now()
	if err = b.fillMonths(ctx, d.Store, hosts); err == nil {
		err = os.WriteFile(marker, nil, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, d.leave())
	}
	b.note("%s hosts, %s million rows made and merged in %s, apart from what follows", number(float64(hosts)),
		number(float64(hosts)*panelMonths*monthBuckets/1e6), time.Since(begin).Round(time.Second))
	return d, nil
}

// fillMonths makes a fleet with its month, and the months before it.
func (b *bench) fillMonths(ctx context.Context, s *store.Store, hosts int) error {
	first, _ := percentileMonth()
	for month := 1; month < panelMonths; month++ {
		begin := first.Add(-time.Duration(month*monthBuckets) * 5 * time.Minute)
		if month == 1 { // the inventory comes with the last month
			if err := b.fillFleet(ctx, s, hosts); err != nil {
				return err
			}
		}
		for from := 0; from < hosts; from += fleetStep {
			if err := s.Exec(ctx, fmt.Sprintf(fleetUsage, from, min(fleetStep, hosts-from), begin.Unix(), monthBuckets)); err != nil {
				return fmt.Errorf("make month: %w", err)
			}
		}
	}
	if err := s.Exec(ctx, "OPTIMIZE TABLE usage_5m FINAL"); err != nil {
		return fmt.Errorf("merge months: %w", err)
	}
	return s.Exec(ctx, "INSERT INTO hosts (host, provider, host_id, registered_at) SELECT host, provider, host_id, toDateTime('2026-01-01 00:00:00', 'Asia/Shanghai') FROM inventory_hosts")
}
