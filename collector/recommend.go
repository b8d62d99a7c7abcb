package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// LoadAdvice returns the limits of recommendations in all their versions: of the folder
// rightsize beside the rule files, or those built in where there is none.
func LoadAdvice(rulesDir string) ([]rightsize.Settings, error) {
	if dir, ok, err := settingsDir(rulesDir, "rightsize"); err != nil || ok {
		if err != nil {
			return nil, err
		}
		return rightsize.LoadSettings(dir)
	}
	builtIn, err := rightsize.DefaultSettings()
	return []rightsize.Settings{builtIn}, err
}

// settingsDir is a folder of settings beside the rule files; ok is false if there is none.
func settingsDir(rulesDir, name string) (dir fs.FS, ok bool, err error) {
	if rulesDir == "" {
		return nil, false, nil
	}
	path := filepath.Join(rulesDir, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, fmt.Errorf("read settings: %w", err)
	}
	return os.DirFS(path), true, nil
}

// advisor returns what makes recommendations for the hosts that are allocated at the end of
// the judged time, and the span of whole days that they are made from; the zero Span where
// there is none.
func (j *judge) advisor(limits rightsize.Settings) (*rightsize.Advisor, store.Span, error) {
	a := &rightsize.Advisor{Settings: limits}
	var err error
	if a.Model, err = rightsize.DefaultModel(); err != nil {
		return nil, store.Span{}, err
	}
	if a.Texts, err = rightsize.LoadTexts(); err != nil {
		return nil, store.Span{}, err
	}
	flavors := make([]rightsize.Flavor, len(j.inventory.Flavors))
	for i, f := range j.inventory.Flavors {
		flavors[i] = rightsize.Flavor{
			ID: f.ID, Family: f.Family, Size: rightsize.Size{VCPU: float64(f.VCPU), MemoryMiB: f.MemoryGiB * 1024}, Yuan: f.PriceYuanMonth,
		}
	}
	a.Catalog = rightsize.NewCatalog(flavors)
	span := j.span(j.month)
	span.From = j.month.Add(1 - a.Settings.HistoryMonths).Start(store.Zone())
	a.DecidedAt = calendar.DateOf(span.To.In(store.Zone()))
	span.To = a.DecidedAt.In(store.Zone())
	if !span.From.Before(span.To) {
		return a, store.Span{}, nil
	}
	return a, span, nil
}

// assessors is how many hosts are looked at at once: more than there is work for, so that
// reading waits for none of them.
const assessors = 4

// assessing looks at hosts while others are read.
type assessing struct {
	advisor *rightsize.Advisor
	// flavors are those of the hosts by subject, families those of the flavours.
	flavors, families map[string]string
	work              *errgroup.Group
	// looks are room for a host, one for each that is looked at at once.
	looks  chan *look
	places []*place
}

// look is room for looking at a host.
type look struct {
	history  rightsize.History
	assessor rightsize.Assessor
}

// place is where the assessment of a host goes.
type place struct {
	key      uint64
	provider string
	subject  string
	assessed *rightsize.Assessment
}

// assess begins to look at hosts. The context ends when one cannot be looked at.
func (j *judge) assess(ctx context.Context, advisor *rightsize.Advisor) (*assessing, context.Context) {
	a := &assessing{advisor: advisor, flavors: map[string]string{}, families: map[string]string{}, looks: make(chan *look, assessors)}
	for _, f := range j.inventory.Flavors {
		a.families[f.ID] = f.Family
	}
	for i := range j.inventory.Hosts {
		a.flavors[HostSubject(j.inventory.Hosts[i].Provider, j.inventory.Hosts[i].ID)] = j.inventory.Hosts[i].Flavor
	}
	for range assessors {
		a.looks <- &look{assessor: rightsize.Assessor{Advisor: advisor}}
	}
	a.work, ctx = errgroup.WithContext(ctx)
	return a, ctx
}

// host looks at a host, if it is still allocated at the end of its series.
func (a *assessing) host(h *store.HostSeries) error {
	last := &h.Allocations[len(h.Allocations)-1]
	if h.At(h.Slots()).After(last.To) || last.VCPU == 0 || last.MemoryMiB == 0 {
		return nil
	}
	p := &place{key: h.Key, provider: h.Provider, subject: HostSubject(h.Provider, h.HostID)}
	a.places = append(a.places, p)
	l := <-a.looks
	fillHistory(&l.history, h)
	host := rightsize.Host{
		Provider: h.Provider, HostID: h.HostID, System: last.System, Unit: last.Unit, Standby: last.Standby,
		Flavor: a.flavors[p.subject], Family: a.families[a.flavors[p.subject]], History: &l.history,
	}
	host.StorageUsedGiB, host.StorageGrowth = storage(h)
	a.work.Go(func() (err error) {
		p.assessed, err = l.assessor.Assess(host)
		a.looks <- l
		return err
	})
	return nil
}

// wait returns when all hosts are looked at.
func (a *assessing) wait() error { return a.work.Wait() }

// recommend makes a recommendation for every host, in parts, by provider and key. The risk
// budget is that of each provider's hosts. reclaim says why a rule wants a host back.
func (a *assessing) recommend(reclaim map[string]string) iter.Seq[[]rightsize.Recommendation] {
	slices.SortFunc(a.places, func(x, y *place) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.provider, y.provider)) })
	at := map[string]int{}
	var fleets [][]*rightsize.Assessment
	for _, p := range a.places {
		i, seen := at[p.provider]
		if !seen {
			i = len(fleets)
			at[p.provider] = i
			fleets = append(fleets, nil)
		}
		if why := reclaim[p.subject]; why != "" {
			p.assessed.Reclaim(why)
		}
		fleets[i] = append(fleets[i], p.assessed)
	}
	a.places = nil
	return func(yield func([]rightsize.Recommendation) bool) {
		for i, f := range fleets {
			for part := range a.advisor.Recommend(f, findingBatch) {
				if !yield(part) {
					return
				}
			}
			fleets[i] = nil
		}
	}
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
