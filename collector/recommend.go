package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// LoadAdvice returns the limits of recommendations in all their versions, by first day of
// effect: the *.yaml of the folder rightsize beside the rule files, or those built in
// where there is none.
func LoadAdvice(rulesDir string) ([]rightsize.Settings, error) {
	builtIn, err := rightsize.DefaultSettings()
	if err != nil || rulesDir == "" {
		return []rightsize.Settings{builtIn}, err
	}
	dir := filepath.Join(rulesDir, "rightsize")
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list settings of recommendations: %w", err)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return []rightsize.Settings{builtIn}, nil
	}
	var all []rightsize.Settings
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read settings of recommendations: %w", err)
		}
		s, err := rightsize.ParseSettings(name, data)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no settings of recommendations in %s: want *.yaml files, or no such folder", dir)
	}
	slices.SortFunc(all, func(a, b rightsize.Settings) int { return a.EffectiveFrom.Compare(b.EffectiveFrom) })
	for i := 1; i < len(all); i++ {
		if all[i].Version <= all[i-1].Version || all[i].EffectiveFrom == all[i-1].EffectiveFrom {
			return nil, fmt.Errorf("settings of recommendations in %s: version %d from %s does not follow version %d from %s: want a higher version with a later effective_from",
				dir, all[i].Version, all[i].EffectiveFrom, all[i-1].Version, all[i-1].EffectiveFrom)
		}
	}
	return all, nil
}

// adviceOn returns the settings in effect on a day; before the first, the first.
func adviceOn(all []rightsize.Settings, day calendar.Date) rightsize.Settings {
	current := all[0]
	for _, next := range all[1:] {
		if !next.EffectiveFrom.After(day) {
			current = next
		}
	}
	return current
}

// recommend makes a recommendation for every host that is allocated at the end of the
// judged time, from whole days. The risk budget is that of each provider's hosts.
func (j *judge) recommend(ctx context.Context, advice []rightsize.Settings) ([]rightsize.Recommendation, error) {
	advisor, err := j.advisor(advice)
	if err != nil {
		return nil, err
	}
	span := j.span(j.month)
	span.From = j.month.Add(1 - advisor.Settings.HistoryMonths).Start(store.Zone())
	advisor.DecidedAt = calendar.DateOf(span.To.In(store.Zone()))
	span.To = advisor.DecidedAt.In(store.Zone())
	if !span.From.Before(span.To) {
		return nil, nil
	}
	fleets, err := j.assess(ctx, advisor, span)
	if err != nil {
		return nil, err
	}
	var out []rightsize.Recommendation
	for _, f := range fleets {
		out = append(out, advisor.Recommend(f)...)
	}
	return out, nil
}

func (j *judge) advisor(advice []rightsize.Settings) (*rightsize.Advisor, error) {
	if len(advice) == 0 {
		builtIn, err := rightsize.DefaultSettings()
		if err != nil {
			return nil, err
		}
		advice = []rightsize.Settings{builtIn}
	}
	a := &rightsize.Advisor{Settings: adviceOn(advice, j.month.First())}
	var err error
	if a.Model, err = rightsize.DefaultModel(); err != nil {
		return nil, err
	}
	if a.Texts, err = rightsize.LoadTexts(); err != nil {
		return nil, err
	}
	flavors := make([]rightsize.Flavor, len(j.inventory.Flavors))
	for i, f := range j.inventory.Flavors {
		flavors[i] = rightsize.Flavor{
			ID: f.ID, Family: f.Family, Size: rightsize.Size{VCPU: float64(f.VCPU), MemoryMiB: f.MemoryGiB * 1024}, Yuan: f.PriceYuanMonth,
		}
	}
	a.Catalog = rightsize.NewCatalog(flavors)
	return a, nil
}

// assessors is how many hosts are looked at at once.
const assessors = 2

// assess looks at every host and returns them by provider, in the order in which they
// are read, which is that of their keys.
func (j *judge) assess(ctx context.Context, advisor *rightsize.Advisor, span store.Span) ([][]*rightsize.Assessment, error) {
	flavors := map[string]string{} // of hosts, by subject
	families := map[string]string{}
	for _, f := range j.inventory.Flavors {
		families[f.ID] = f.Family
	}
	for i := range j.inventory.Hosts {
		flavors[HostSubject(j.inventory.Hosts[i].Provider, j.inventory.Hosts[i].ID)] = j.inventory.Hosts[i].Flavor
	}
	type place struct {
		provider string
		assessed *rightsize.Assessment
	}
	var places []*place
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(assessors)
	err := j.db.EachHistory(ctx, span, func(h *store.HostSeries) error {
		last := &h.Allocations[len(h.Allocations)-1]
		if last.To.Before(span.To) || last.VCPU == 0 || last.MemoryMiB == 0 {
			return nil
		}
		subject := HostSubject(h.Provider, h.HostID)
		history := History(h)
		host := rightsize.Host{
			Provider: h.Provider, HostID: h.HostID, System: last.System, Unit: last.Unit, Standby: last.Standby,
			Flavor: flavors[subject], Family: families[flavors[subject]], History: &history, Reclaim: j.reclaim[subject],
		}
		host.StorageUsedGiB, host.StorageGrowth = storage(h)
		p := &place{provider: h.Provider}
		places = append(places, p)
		work.Go(func() (err error) {
			p.assessed, err = advisor.Assess(host)
			return err
		})
		return nil
	})
	if err := errors.Join(err, work.Wait()); err != nil {
		return nil, err
	}
	at := map[string]int{}
	var fleets [][]*rightsize.Assessment
	for _, p := range places {
		i, seen := at[p.provider]
		if !seen {
			i = len(fleets)
			at[p.provider] = i
			fleets = append(fleets, nil)
		}
		fleets[i] = append(fleets[i], p.assessed)
	}
	return fleets, nil
}

// storage is what is used at the end in GiB, and by how much it grows a day between the
// first and the last look, where they lie a week apart or more.
func storage(h *store.HostSeries) (used, growth *float64) {
	first, last := -1, -1
	for i, mib := range h.Storage {
		if mib >= 0 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if last < 0 {
		return nil, nil
	}
	gib := float64(h.Storage[last]) / 1024
	days := float64(last-first) * float64(rightsize.SlotSeconds) / (24 * time.Hour).Seconds()
	if days < 7 {
		return &gib, nil
	}
	more := (gib - float64(h.Storage[first])/1024) / days
	return &gib, &more
}
