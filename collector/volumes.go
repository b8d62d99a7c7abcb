package collector

import (
	"slices"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// unattachedVolume is a cloud disk that is in service without a host, as its last row says.
type unattachedVolume struct {
	inventory.Volume
	// since is the first day from which on it has been so without a break.
	since calendar.Date
}

// unattachedVolumes returns the disks that are in service without a host when the day before
// end is over, by provider and id. A disk whose host is released, and which nobody has
// detached, is without a host from the day of the release on.
func unattachedVolumes(known inventory.Batch, end calendar.Date) (out []unattachedVolume) {
	released := map[string]calendar.Date{}
	for i := range known.Hosts {
		if h := &known.Hosts[i]; h.State == stateReleased {
			released[HostSubject(h.Provider, h.ID)] = h.EffectiveFrom
		}
	}
	same := func(i, k int) bool {
		return k < len(known.Volumes) && known.Volumes[i].Provider == known.Volumes[k].Provider && known.Volumes[i].ID == known.Volumes[k].ID
	}
	var since calendar.Date // of the disk so far; zero while it has a host or is not in service
	for i := range known.Volumes {
		v := &known.Volumes[i]
		if i == 0 || !same(i-1, i) {
			since = calendar.Date{}
		}
		if !v.EffectiveFrom.Before(end) {
			continue
		}
		until := end
		last := !same(i, i+1) || !known.Volumes[i+1].EffectiveFrom.Before(end)
		if !last {
			until = known.Volumes[i+1].EffectiveFrom
		}
		from, free := v.EffectiveFrom, v.State != stateReleased && v.Host == ""
		if day, gone := released[HostSubject(v.Provider, v.Host)]; gone && v.Host != "" && v.State != stateReleased && day.Before(until) {
			free = true
			if day.After(from) {
				from = day
			}
		}
		switch {
		case !free:
			since = calendar.Date{}
		case since.IsZero() || from.After(v.EffectiveFrom): // a host came between
			since = from
		}
		if last && !since.IsZero() {
			out = append(out, unattachedVolume{*v, since})
		}
	}
	return out
}

// stateReleased is the state of a host or disk that was given back.
const stateReleased = "released"

// volumes judges the cloud disks that are in service without a host at the end of the judged
// time. The facts of a month before are those of its end; a disk that had a host then has none.
func (j *judge) volumes(save func([]store.Finding)) error {
	months := 1
	for _, r := range j.pack.Rules(j.month, rules.Volume) {
		months = max(months, r.Window)
	}
	c := newCases(rules.Volume, j.month, j.open())
	for i := months - 1; i >= 0; i-- {
		m := j.month.Add(-i)
		end := calendar.DateOf(j.span(m).To.In(store.Zone()))
		for _, v := range unattachedVolumes(j.inventory, end) {
			facts := map[string]float64{"days_unattached": float64(v.since.DaysUntil(end)), "size_gib": float64(v.SizeGiB)}
			j.sinceCutover(facts, v.System)
			s := c.add(HostSubject(v.Provider, v.ID), m.First(), facts)
			s.name, s.provider, s.unit = v.ID, v.Provider, j.systems[v.System].Unit
		}
	}
	findings, err := j.apply(c, false)
	for part := range slices.Chunk(findings, findingBatch) {
		save(part)
	}
	return err
}

// diskPrice is what a GiB of a provider's disk costs a month by the price in force on a day,
// in yuan; nil where there is none.
func diskPrice(prices []inventory.Price, provider string, day calendar.Date) (yuan *float64) {
	for _, p := range prices { // by first day
		if p.Provider == provider && p.Resource == "disk_gib" && !p.EffectiveFrom.After(day) {
			yuan = &p.YuanMonth
		}
	}
	return yuan
}

// reportVolumes are the disks of a provider about which a run found something, with the systems
// that they belonged to before end; nil where the inventory has no disk of the provider from
// before that day.
func reportVolumes(known inventory.Batch, provider string, findings []report.Finding, end calendar.Date) []report.Volume {
	systems := map[string]string{}
	for i := range known.Volumes { // of a disk the latest row last
		if v := &known.Volumes[i]; v.Provider == provider && v.EffectiveFrom.Before(end) {
			systems[v.ID] = v.System
		}
	}
	if len(systems) == 0 {
		return nil
	}
	out := []report.Volume{}
	for i := range findings {
		id := findings[i].Subject
		if system, ok := systems[id]; ok && findings[i].Kind == rules.Volume {
			out = append(out, report.Volume{ID: id, System: system})
			delete(systems, id) // several rules may judge it
		}
	}
	return out
}
