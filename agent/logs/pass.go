package logs

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"time"

	"github.com/yunjian-io/yunjian/agent/ledger"
	"github.com/yunjian-io/yunjian/agent/logs/journald"
	"github.com/yunjian-io/yunjian/agent/logs/liveness"
	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	declareEvery = time.Hour      // how often configurations are read although no stamp changed
	completeDay  = 24 * time.Hour // how often a document names all sources
	settleTime   = time.Second    // until a file that vanished is looked for again
)

// engine is the state of an Observer.
type engine struct {
	hostID   string
	sites    []SiteSource
	clock    func() time.Time
	statfs   func(string) (wire.LogDisk, error)
	offset   func() (float64, bool)
	zone     *time.Location
	seal     sealer
	host     *host
	headers  *headers
	attests  bool // a memory is kept
	readOnly bool
	settle   time.Duration

	now    time.Time
	passes int
	// what is declared, and when and from which files
	declarations []Declaration
	rotation     *Rotation
	problems     []wire.LogProblem
	configs      map[string]stamp
	declared     time.Time
	journal      journald.Conf

	sources []*source
	byKey   map[string]*source
	disks   map[uint64]*disk
	down    []wire.LogDowntime
	job     *job
	tasks   []task // left to be read, the most urgent last
	buffer  []byte // of the job or the extension that is under way

	memory     *ledger.Memory
	ledger     *ledger.Ledger
	state      state
	savedState state
	events     []wire.LogEvent
	changed    map[*segment]bool
	gone       []uint64 // numbers of segments to be forgotten
}

// source is one log with its files.
type source struct {
	key, path string
	declared  Declaration
	segments  []*segment
	sourceState
	candidates []member // without stamps
	known      bool     // in an earlier pass
	appended   int64    // in this pass
	denied     bool     // for want of rights
	blind      bool     // some files could not be asked for: what is not seen is not gone
	stirred    bool     // a rotation seems to be under way
	policies   []wire.LogPolicy
	writer     wire.LogWriter
	gaps       []wire.LogGap // of the chain as a whole
	governed   time.Time     // declaration that the policies are of
	disk       wire.LogDisk
	journal    *journald.Inventory
	settled    []*segment // of each candidate, once the source has come to rest
	touched    bool       // the evidence is not what it was in the last pass
	unsaved    bool       // sourceState is not what is in memory
	savedSeen  time.Time  // LastSeen as it is in memory
	cached     wire.LogSource
	digest     string // of what is material in cached
	deficit    uint64 // journal entries missing without a place, in the last pass
}

func (s *source) segment(number uint64) *segment {
	for _, g := range s.segments {
		if g.Number == number && number != 0 {
			return g
		}
	}
	return nil
}

// observe does one pass.
func (e *engine) observe(ctx context.Context) (*Report, error) {
	e.now = e.clock()
	e.host.stats, e.host.opens = 0, 0
	started := e.passes == 0
	e.passes++
	moved := e.host.refresh()
	redeclared := e.declare()
	if moved || redeclared || started {
		e.discover()
	}
	if started && e.attests {
		e.note(wire.LogEvent{Kind: wire.EventStart, At: e.now})
	}
	writers := liveness.Scan(e.host.fsys, e.processes())
	for _, s := range e.sources {
		if err := e.look(ctx, s, writers); err != nil {
			return nil, err
		}
	}
	e.down = e.downtime()
	if err := e.save(); err != nil {
		return nil, err
	}
	return e.document(started)
}

// look brings one source up to date.
func (e *engine) look(ctx context.Context, s *source, writers liveness.Table) error {
	s.appended = 0
	if e.unchanged(s) {
		e.measure(s)
		e.govern(s)
		e.write(s, writers)
		return nil
	}
	s.touched = true
	if err := e.follow(ctx, s); err != nil {
		return err
	}
	if err := e.resolve(ctx, s); err != nil {
		return err
	}
	for _, g := range s.segments {
		if g.Verify && e.attests && g.Stamp.Size <= inline {
			if err := e.finish(ctx, s, g); err != nil {
				return err
			}
		}
		if g.fresh && g.Live && e.attests && !g.Compressed && s.declared.Family != FamilyJournald {
			if err := e.grown(ctx, s, g, g.Stamp); err != nil {
				return err
			}
		}
		e.checkpoint(s, g)
	}
	e.chain(s)
	e.measure(s)
	e.govern(s)
	e.write(s, writers)
	if !s.known && e.attests {
		r := wire.LogEvent{Kind: wire.EventFirstSeen, At: e.now, Source: s.key, Path: s.path}
		e.note(r)
		s.Since, s.unsaved = e.now, true
	}
	s.known = true
	s.settle()
	return nil
}

// settle notes which segment belongs to which file, if every one of them has its file
// and nothing is left to be found out about them.
func (s *source) settle() {
	s.settled = s.settled[:0]
	if s.declared.Family == FamilyJournald || s.blind {
		return
	}
	byPath := make(map[string]*segment, len(s.segments))
	for _, g := range s.segments {
		if g.Lost != "" || g.Verify || g.Claims != 0 || g.Denied {
			return
		}
		byPath[g.Path] = g
	}
	if len(byPath) != len(s.candidates) {
		return
	}
	for _, m := range s.candidates {
		g := byPath[m.path]
		if g == nil {
			s.settled = s.settled[:0]
			return
		}
		s.settled = append(s.settled, g)
	}
}

// unchanged reports whether all files of a source are what they were when it settled.
// It is the way of nearly all sources in nearly all passes, and only asks for stamps.
func (e *engine) unchanged(s *source) bool {
	if !s.known || len(s.settled) == 0 || len(s.settled) != len(s.candidates) {
		return false
	}
	for i, g := range s.settled {
		if g.Verify || g.Claims != 0 || g.Path != s.candidates[i].path || g.fresh {
			return false
		}
		if now, err := e.host.stat(g.Path); err != nil || now != g.Stamp {
			return false
		}
		if g.Live && e.attests && g.Plain > 0 && e.now.Sub(g.Checkpoint) >= completeDay {
			return false // it is time for a checkpoint
		}
	}
	return true
}

// follow reconciles a source with its files. If one vanished, it looks again after a
// moment: a rotation may have been under way.
func (e *engine) follow(ctx context.Context, s *source) error {
	files, err := e.members(ctx, s)
	if err != nil {
		return err
	}
	if err := e.reconcile(ctx, s, files); err != nil {
		return err
	}
	if !s.missing() || e.readOnly {
		return nil
	}
	if err := sleep(ctx, e.settle); err != nil {
		return err
	}
	for _, dir := range s.folders() {
		delete(e.host.folders, dir)
	}
	for _, g := range s.segments {
		if g.Lost == wire.EventGone {
			g.Lost = ""
		}
	}
	e.enumerate(s)
	if files, err = e.members(ctx, s); err != nil {
		return err
	}
	return e.reconcile(ctx, s, files)
}

// missing reports whether a file vanished and no copy of it is in sight.
func (s *source) missing() bool {
	for _, g := range s.segments {
		if g.Lost == wire.EventGone {
			return true
		}
	}
	return false
}

// folders are where the files of a source are.
func (s *source) folders() (dirs []string) {
	seen := map[string]bool{}
	for _, m := range s.candidates {
		if dir := path.Dir(m.path); !seen[dir] {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	if dir := path.Dir(s.path); !seen[dir] {
		dirs = append(dirs, dir)
	}
	return dirs
}

// members asks for the stamps of the files of a source.
func (e *engine) members(ctx context.Context, s *source) ([]member, error) {
	s.denied, s.blind = false, false
	if s.declared.Family == FamilyJournald {
		return e.journals(ctx, s)
	}
	files := make([]member, 0, len(s.candidates))
	for _, m := range s.candidates {
		info, err := e.host.stat(m.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			s.blind = true
			s.denied = s.denied || errors.Is(err, fs.ErrPermission)
			continue
		}
		m.stamp = info
		files = append(files, m)
	}
	for _, dir := range s.folders() {
		if err := e.host.list(dir).err; err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.blind = true
			s.denied = s.denied || errors.Is(err, fs.ErrPermission)
		}
	}
	if s.declared.Single {
		newest(files)
	}
	return files, ctx.Err()
}

// newest makes the file that was written last the live one.
func newest(files []member) {
	at := -1
	for i := range files {
		files[i].live = false
		if at < 0 || files[i].stamp.ModTime > files[at].stamp.ModTime {
			at = i
		}
	}
	if at >= 0 {
		files[at].live = true
	}
}

// declare reads the configurations again if one of them changed, and reports whether
// it did.
func (e *engine) declare() bool {
	if !e.declared.IsZero() && e.now.Sub(e.declared).Abs() < declareEvery && !e.configured() {
		return false
	}
	e.configs = map[string]stamp{}
	for _, name := range ConfigFiles(e.host.fsys) {
		s, _ := e.host.stat("/" + name) // what cannot be read has no stamp
		e.configs[name] = s
	}
	e.declared = e.now
	e.declarations, e.problems = Declare(e.host.fsys, e.sites)
	var problems []wire.LogProblem
	e.rotation, problems = LoadRotation(e.host.fsys)
	e.problems = append(e.problems, problems...)
	e.journal = journald.LoadConf(e.host.fsys, "")
	return true
}

// configured reports whether a configuration file changed.
func (e *engine) configured() bool {
	for name, was := range e.configs {
		if s, _ := e.host.stat("/" + name); s != was {
			return true
		}
	}
	return false
}

// processes are the names of the processes and units that may write a declared log.
func (e *engine) processes() (names []string) {
	for _, s := range e.sources {
		names = append(names, s.declared.Processes...)
	}
	return names
}

// checkpoint notes once a day how far a live segment is attested.
func (e *engine) checkpoint(s *source, g *segment) {
	if !e.attests || !g.Live || g.Plain == 0 || e.now.Sub(g.Checkpoint) < completeDay || s.declared.Family == FamilyJournald {
		return
	}
	g.Checkpoint = e.now
	e.note(g.event(wire.EventCheckpoint, e.now))
	e.dirty(g)
}
