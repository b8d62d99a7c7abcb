package logs

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Declare says which logs the host with root fsys has: those that its configurations
// and the site name, and what is there of the usual places. A source of the site must
// be valid; one that is not is a problem. A log that a configuration or the site names
// replaces the same one of the catalogue; a site's word about a log that a
// configuration also names wins, but for how the writer removes records.
//
// Each declaration has one path, unless it is Single. The first declaration that
// matches a file owns it: plain names come before patterns.
func Declare(fsys fs.FS, site []SiteSource) (declarations []Declaration, problems []wire.LogProblem) {
	d := &declarer{fsys: fsys}
	d.site(site)
	d.rsyslog()
	d.auditd()
	d.journals()
	d.programs()
	d.containers()
	d.catalogue()
	return d.merge(), d.problems
}

// rank says whose word counts more.
type rank uint8

const (
	fromSite rank = iota
	fromConfiguration
	fromCatalogue
)

type ranked struct {
	Declaration
	rank rank
}

type declarer struct {
	fsys     fs.FS
	found    []ranked
	problems []wire.LogProblem
	// partial are the streams of files of rsyslog that take only some of what the
	// journal has.
	partial  []wire.LogStream
	forwards []wire.LogForward // of all that the journal has
	groups   map[uint32]string // by number; nil before the first use
	debian   *bool
}

const maxProblems = 500

func (d *declarer) problem(file string, line int, text string) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, wire.LogProblem{Origin: origin(file, line), Text: text})
	}
}

// add takes a declaration, one for each of its paths unless it is Single, if its log is
// there or expected.
func (d *declarer) add(declaration Declaration, from rank) {
	if declaration.Single {
		d.addOne(declaration, from)
		return
	}
	for _, name := range declaration.Paths {
		one := declaration
		one.Paths = []string{name}
		d.addOne(one, from)
	}
}

func (d *declarer) addOne(declaration Declaration, from rank) {
	if !declaration.Expected && from != fromSite && !d.present(declaration) {
		return
	}
	d.found = append(d.found, ranked{declaration, from})
}

func (d *declarer) site(sources []SiteSource) {
	for _, source := range sources {
		if err := source.Validate(); err != nil {
			d.problem("", 0, "a log source of the site does not count: "+strings.ReplaceAll(plainText(err), "\n", "; "))
			continue
		}
		declaration := source.declaration()
		if source.Single {
			d.add(declaration, fromSite)
			continue
		}
		for _, name := range source.Paths {
			declaration.Paths = []string{name}
			_, declaration.Expected = plainName(name)
			d.add(declaration, fromSite)
		}
	}
}

// merge lets each path be declared once, by the strongest word.
func (d *declarer) merge() []Declaration {
	slices.SortStableFunc(d.found, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	var kept []ranked
	for _, next := range d.found {
		i := slices.IndexFunc(kept, func(other ranked) bool { return slices.Equal(other.Paths, next.Paths) })
		if i < 0 {
			i = slices.IndexFunc(kept, func(other ranked) bool { return covers(other.Declaration, next.Declaration) })
		}
		switch {
		case i < 0:
			// A pattern of the catalogue is one whose folder may not be listed; it says nothing
			// where a configuration names what is in there.
			if next.rank != fromCatalogue || !slices.ContainsFunc(kept, func(other ranked) bool { return covers(next.Declaration, other.Declaration) }) {
				kept = append(kept, next)
			}
		case slices.Equal(kept[i].Paths, next.Paths):
			if kept[i].rank == next.rank {
				kept[i].Declaration = united(kept[i].Declaration, next.Declaration)
			} else {
				kept[i].Declaration = informed(kept[i].Declaration, next.Declaration, next.rank)
			}
		case next.rank == fromCatalogue:
			// A pattern of a configuration has it.
		case kept[i].rank == fromSite && kept[i].Single:
			kept[i].Declaration = informed(kept[i].Declaration, next.Declaration, next.rank)
		case kept[i].rank == fromSite:
			// The pattern of the site speaks of this log: its words, the writer's policies.
			one := kept[i].Declaration
			one.Paths, one.Archives, one.Single, one.Expected = next.Paths, nil, next.Single, false
			kept = append(kept, ranked{informed(one, next.Declaration, next.rank), fromSite})
		default:
			kept = append(kept, next)
		}
	}
	declarations := make([]Declaration, 0, len(kept))
	for _, one := range kept {
		if one.Grant == "" {
			one.Grant = d.grant(one.Paths[0], "")
		}
		declarations = append(declarations, one.Declaration)
	}
	slices.SortStableFunc(declarations, func(a, b Declaration) int {
		_, plain := plainName(a.Paths[0])
		_, other := plainName(b.Paths[0])
		if plain != other {
			if plain {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Paths[0], b.Paths[0])
	})
	return declarations
}

// covers reports whether a declaration has all the paths of another: the same, or a
// pattern that matches it.
func covers(a, b Declaration) bool {
	for _, name := range b.Paths {
		plain, isPlain := plainName(name)
		if !slices.ContainsFunc(slices.Concat(a.Paths, a.Archives), func(pattern string) bool {
			ok, err := path.Match(pattern, plain)
			return pattern == name || isPlain && ok && err == nil
		}) {
			return false
		}
	}
	return true
}

// united is what two configurations say of one log.
func united(a, b Declaration) Declaration {
	a.Streams = union(a.Streams, b.Streams)
	a.Archives = union(a.Archives, b.Archives)
	a.Units = union(a.Units, b.Units)
	a.Processes = union(a.Processes, b.Processes)
	a.Forward = union(a.Forward, b.Forward)
	a.Policies = allPolicies(a.Policies, b.Policies)
	a.Expected = a.Expected || b.Expected
	a.QuietOK = a.QuietOK && b.QuietOK
	a.SuspendAtFreeBytes = max(a.SuspendAtFreeBytes, b.SuspendAtFreeBytes)
	a.SuspendAtFreePercent = max(a.SuspendAtFreePercent, b.SuspendAtFreePercent)
	return a
}

// informed is a stronger declaration with what only the weaker one knows. Policies and
// the family of the catalogue are taken for granted only if nothing else is known.
func informed(strong, weak Declaration, from rank) Declaration {
	if strong.Family == FamilyText && from == fromConfiguration {
		strong.Family = weak.Family
	}
	strong.Units = union(strong.Units, weak.Units)
	strong.Processes = union(strong.Processes, weak.Processes)
	strong.Forward = union(strong.Forward, weak.Forward)
	strong.Archives = union(strong.Archives, weak.Archives)
	strong.SuspendAtFreeBytes = max(strong.SuspendAtFreeBytes, weak.SuspendAtFreeBytes)
	strong.SuspendAtFreePercent = max(strong.SuspendAtFreePercent, weak.SuspendAtFreePercent)
	strong.Expected = strong.Expected || weak.Expected
	if len(strong.Policies) == 0 || from == fromConfiguration {
		strong.Policies = allPolicies(strong.Policies, weak.Policies)
	}
	strong.Grant = cmp.Or(strong.Grant, weak.Grant)
	strong.Origin = cmp.Or(strong.Origin, weak.Origin)
	return strong
}

// allPolicies are those of two lists, each once.
func allPolicies(a, b []wire.LogPolicy) []wire.LogPolicy {
	result := slices.Clone(a)
	for _, policy := range b {
		if !slices.ContainsFunc(result, func(other wire.LogPolicy) bool { return reflect.DeepEqual(other, policy) }) {
			result = append(result, policy)
		}
	}
	return result
}

func union[T comparable](a, b []T) []T {
	result := slices.Clone(a)
	for _, value := range b {
		if !slices.Contains(result, value) {
			result = append(result, value)
		}
	}
	return result
}

// inside turns an absolute path into a name of an fs.FS.
func inside(name string) string {
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name == "" {
		return "."
	}
	return name
}

// plainName takes the backslashes out of a pattern; plain is false if it has wildcards.
func plainName(pattern string) (name string, plain bool) {
	var text strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			text.WriteByte(pattern[i])
		case strings.IndexByte("*?[", c) >= 0:
			return "", false
		default:
			text.WriteByte(c)
		}
	}
	return text.String(), true
}

// quoted makes a name a pattern that matches it alone.
func quoted(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// expand lists the files that an absolute pattern matches, as patterns that match each
// alone. A pattern without wildcards stands for itself, and so does one whose folder
// may not be listed.
func (d *declarer) expand(pattern string) []string {
	if _, plain := plainName(pattern); plain {
		return []string{pattern}
	}
	if d.closed(path.Dir(pattern)) {
		return []string{pattern}
	}
	names, err := fs.Glob(d.fsys, inside(pattern))
	if err != nil {
		return nil
	}
	var result []string
	for _, name := range names {
		if info, err := fs.Stat(d.fsys, name); err == nil && info.Mode().IsRegular() {
			result = append(result, quoted("/"+name))
		}
	}
	return result
}

// present reports whether there is a live or a closed file of a declaration. What may
// not be looked at is taken to be there.
func (d *declarer) present(declaration Declaration) bool {
	for _, pattern := range declaration.Paths {
		name, plain := plainName(pattern)
		if plain {
			if _, err := fs.Stat(d.fsys, inside(name)); err == nil || errors.Is(err, fs.ErrPermission) {
				return true
			}
			entries, err := fs.ReadDir(d.fsys, inside(path.Dir(name)))
			if errors.Is(err, fs.ErrPermission) {
				return true
			}
			base := path.Base(name)
			for _, entry := range entries {
				if !entry.IsDir() && (strings.HasPrefix(entry.Name(), base+".") || strings.HasPrefix(entry.Name(), base+"-")) {
					return true
				}
			}
			continue
		}
		if d.matches(pattern) {
			return true
		}
	}
	return slices.ContainsFunc(declaration.Archives, d.matches)
}

// matches reports whether a pattern matches anything, or has a folder that may not be
// listed.
func (d *declarer) matches(pattern string) bool {
	if names, err := fs.Glob(d.fsys, inside(pattern)); err == nil && len(names) > 0 {
		return true
	}
	return d.closed(path.Dir(pattern))
}

// closed reports whether a folder may not be listed. Nothing is said of a pattern.
func (d *declarer) closed(folder string) bool {
	name, plain := plainName(folder)
	if !plain {
		return false
	}
	_, err := fs.ReadDir(d.fsys, inside(name))
	return errors.Is(err, fs.ErrPermission)
}
