package logs

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// A first scan is spread out: each call reads a little, processes come and go, and in
// the end everything is sealed once, with the same hash as if it had been read at once.
func TestSealingIsResumed(t *testing.T) {
	content := map[string]string{}
	f := newFixture(t)
	for i := 1; i <= 3; i++ {
		name := fmt.Sprintf("%s.%d", authLog, i)
		content[name] = f.lines(20000 * i)
		f.write(name, content[name])
	}
	f.compress(authLog + ".3")
	f.now = f.now.Add(time.Hour)
	live := f.lines(300000) // more than is read within a pass
	f.write(authLog, live)
	if len(live) <= inline {
		t.Fatalf("the live log has only %d bytes", len(live))
	}
	sealed := map[string]wire.LogEvent{}
	left, rounds := true, 0
	for ; left && rounds < 100; rounds++ {
		f.now = f.now.Add(time.Minute)
		if rounds%3 == 2 {
			f.restart()
		}
		r, err := f.observer.Pass(f.t.Context())
		f.must(err)
		for _, e := range r.Document.Events {
			switch e.Kind {
			case wire.EventSealed:
				if _, twice := sealed[e.Path]; twice {
					t.Errorf("%s was sealed twice", e.Path)
				}
				sealed[e.Path] = e
			case wire.EventGone, wire.EventTruncated, wire.EventEdited:
				t.Errorf("a loss was told: %+v", e)
			}
		}
		f.must(f.observer.Sent(r))
		ctx, cancel := context.WithCancel(t.Context())
		read := f.observer.Usage().ReadBytes
		clock := f.observer.engine.clock
		f.observer.engine.clock = func() time.Time { // asked before each piece of work
			if f.observer.Usage().ReadBytes-read > 1<<20 {
				cancel()
			}
			return clock()
		}
		left, err = f.observer.Seal(ctx)
		f.must(err)
		f.observer.engine.clock = clock
		cancel()
	}
	if left || rounds < 5 {
		t.Fatalf("after %d rounds there is work left: %t", rounds, left)
	}
	r := f.pass(quarter)
	for _, e := range r.Document.Events {
		if e.Kind == wire.EventSealed {
			sealed[e.Path] = e
		}
	}
	for _, g := range f.source(r).Segments {
		if g.Live {
			if g.Last.IsZero() || g.LastEstimated {
				t.Errorf("live segment %+v", g)
			}
			continue
		}
		h := contentHash()
		h.Write([]byte(content[strings.TrimSuffix(g.Path, ".gz")]))
		e, told := sealed[g.Path]
		if want := f.observer.engine.seal.of(h); !told || !g.Sealed || e.Hash != want || e.Bytes != int64(len(content[strings.TrimSuffix(g.Path, ".gz")])) {
			t.Errorf("%s sealed %t with %+v; want the hash %s", g.Path, g.Sealed, e, want)
		}
	}
	source := f.observer.engine.byKey["text:"+authLog]
	for _, g := range source.segments {
		h := contentHash()
		h.Write([]byte(live))
		if g.Live && (g.Plain != int64(len(live)) || g.Sum != f.observer.engine.seal.of(h)) {
			t.Errorf("the live log is attested to byte %d of %d", g.Plain, len(live))
		}
	}
}
