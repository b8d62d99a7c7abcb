package logs

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/agent/logs/text"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// discover turns declarations into sources: one for each live file, or one for all
// where they are declared as one. A source that has a memory stays one although
// nothing of it is left. Names without wildcards are taken first.
func (e *engine) discover() {
	taken := map[string]bool{}
	var sources []*source
	for _, wild := range []bool{false, true} {
		for _, d := range e.declarations {
			for _, s := range e.declaredSources(d, wild, taken) {
				sources = append(sources, s)
				taken[s.path] = true
				for _, m := range s.candidates {
					taken[m.path] = true
				}
			}
		}
	}
	present := map[string]bool{}
	for _, s := range sources {
		present[s.key] = true
	}
	for key, s := range e.byKey {
		if present[key] || len(s.segments) == 0 && e.now.Sub(s.LastSeen) > forgetAfter {
			continue
		}
		e.enumerate(s)
		sources = append(sources, s)
	}
	slices.SortFunc(sources, func(a, b *source) int { return strings.Compare(a.key, b.key) })
	e.sources = sources
}

// declaredSources returns the sources of one declaration. Paths with wildcards are
// those of the second round.
func (e *engine) declaredSources(d Declaration, wild bool, taken map[string]bool) (found []*source) {
	if d.Single {
		if wild || len(d.Paths) == 0 {
			return nil
		}
		s := e.source(d, d.Paths[0])
		e.enumerate(s)
		if e.counts(s) {
			found = append(found, s)
		}
		return found
	}
	for _, p := range d.Paths {
		if strings.ContainsAny(p, `*?[\`) != wild {
			continue
		}
		for _, name := range e.live(p, wild, taken) {
			s := e.source(d, name)
			e.enumerate(s)
			if e.counts(s) || strings.ContainsAny(name, `*?[\`) {
				found = append(found, s)
				taken[name] = true
			}
		}
	}
	return found
}

// counts reports whether a declared source is one: it has files, had some, or should.
func (e *engine) counts(s *source) bool {
	if s.declared.Family == FamilyJournald {
		err := e.host.list(s.path).err
		return s.declared.Expected || s.known || !errors.Is(err, fs.ErrNotExist)
	}
	return len(s.candidates) > 0 || s.declared.Expected || s.known
}

// live returns the live files that a pattern names. A file that is a rotated sibling
// of another one is none.
func (e *engine) live(pattern string, wild bool, taken map[string]bool) (names []string) {
	if !wild {
		if taken[pattern] {
			return nil
		}
		return []string{pattern}
	}
	found, denied := e.host.glob(pattern)
	for _, dir := range denied { // what may be there is reported as not readable
		names = append(names, path.Join(dir, path.Base(pattern)))
	}
	rotated := map[string]bool{}
	for _, name := range found {
		dir, base := path.Split(name)
		for _, sibling := range text.Siblings(e.host.list(path.Clean(dir)).names, base) {
			rotated[path.Join(dir, sibling.Name)] = true
		}
	}
	for _, name := range found {
		if !rotated[name] && !taken[name] {
			names = append(names, name)
		}
	}
	return names
}

// source finds or begins the source of a live path.
func (e *engine) source(d Declaration, name string) *source {
	key := d.Family + ":" + name
	s := e.byKey[key]
	if s == nil {
		s = &source{key: key, path: name}
		e.byKey[key] = s
	}
	s.declared = d
	s.describe(d)
	return s
}

// enumerate lists the files of a source: the live one, its siblings, and what further
// patterns name.
func (e *engine) enumerate(s *source) {
	s.candidates = s.candidates[:0]
	if s.declared.Family == FamilyJournald {
		return // journal.go lists them
	}
	seen := map[string]bool{}
	add := func(m member) {
		if !seen[m.path] {
			seen[m.path] = true
			s.candidates = append(s.candidates, m)
		}
	}
	dir, base := path.Split(s.path)
	if !s.declared.Single {
		names := e.host.list(path.Clean(dir)).names
		if slices.Contains(names, base) {
			add(member{path: s.path, live: true})
		}
		e.siblings(path.Clean(dir), base, add)
		if old := e.oldDir(s.path); old != "" {
			e.siblings(old, base, add)
		}
	} else {
		for _, p := range s.declared.Paths {
			found, _ := e.host.glob(p) // a folder that may not be read makes the source blind
			for _, name := range found {
				add(member{path: name})
			}
		}
	}
	for _, p := range s.declared.Archives {
		found, _ := e.host.glob(p) // a folder that may not be read makes the source blind
		for _, name := range found {
			add(member{path: name})
		}
	}
}

func (e *engine) siblings(dir, base string, add func(member)) {
	for _, sibling := range text.Siblings(e.host.list(dir).names, base) {
		add(member{path: path.Join(dir, sibling.Name), index: sibling.Index, date: sibling.Date})
	}
}

func (e *engine) oldDir(live string) string {
	if e.rotation == nil {
		return ""
	}
	return e.rotation.OldDir(live)
}

// chain finds holes in the names of the rotated files of a source and gives them the
// times of their neighbours.
func (e *engine) chain(s *source) {
	if s.declared.Family == FamilyJournald {
		return
	}
	s.gaps = nil
	if s.declared.Single || len(s.declared.Archives) > 0 {
		return
	}
	var siblings []text.Sibling
	byName := map[string]*segment{}
	for _, g := range s.segments {
		if !g.present || g.Live {
			continue
		}
		byName[path.Base(g.Path)] = g
	}
	for _, m := range s.candidates {
		if !m.live && byName[path.Base(m.path)] != nil {
			siblings = append(siblings, text.Sibling{Name: path.Base(m.path), Index: m.index, Date: m.date})
		}
	}
	for _, gap := range text.ChainGaps(siblings) {
		older, newer := byName[gap.Older], byName[gap.Newer]
		if older == nil || newer == nil || older.Last.IsZero() || newer.First.IsZero() || !newer.First.After(older.Last) {
			continue
		}
		kind := gap.Kind
		if kind == text.ChainDate && (e.rotation == nil || !e.rotation.Naming(s.path).IfEmpty) {
			kind = text.GapSilence // an empty log is not rotated, and leaves out its date
		}
		s.gaps = append(s.gaps, wire.LogGap{Kind: kind, From: older.Last, To: newer.First, Missing: 0, Path: older.Path})
	}
}
