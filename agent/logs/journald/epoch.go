package journald

import (
	"cmp"
	"slices"
)

// Epoch is one run of sequence numbers. All journals of one journald share the
// numbers, so that over all its files
//
//	sum(n_entries) = max(tail_seqnum) - min(head_seqnum) + 1
//
// and a file taken away shows as a deficit of exactly its entries. An epoch
// ends when journald starts again at 1 under a new id. Before systemd 254 user
// journals counted in the numbers of the system journal under an id of their
// own; such files belong to the system epoch that they overlap in both numbers
// and time. Files being written may be off by the entries in flight.
type Epoch struct {
	Folder   string // as in File
	SeqnumID ID     // of the system journals, or of the family alone when it has none
	Files    []File // those with entries

	Entries    uint64 // sum over the files
	HeadSeqnum uint64 // least
	TailSeqnum uint64 // greatest

	// Shared says that the numbers may belong to others as well, because no
	// system journal is present; then a deficit means nothing and is 0.
	Shared bool
	// Deficit is the number of entries that the law misses, negative when
	// numbers were given twice, as after a crash.
	Deficit int64
	// Vacuumed says that the first numbers are gone, as after regular expiry.
	// Families expire file by file, so at the old edge a deficit is legal.
	Vacuumed bool
	// ProvenDeficit is a lower bound of the entries missing behind the old edge
	// of all families; it equals a positive Deficit when nothing was vacuumed.
	ProvenDeficit uint64
	// Gaps are the holes between consecutive system files.
	Gaps []Gap
}

// Gap is a hard gap: numbers between two consecutive system files that user
// files cannot account for.
type Gap struct {
	Before, After string // paths of the files around it
	Missing       uint64 // numbers between them
	Explained     uint64 // of those, at most in user files
	FromRealtime  uint64 // last entry before it, µs since 1970
	ToRealtime    uint64 // first entry after it
}

// Lost is the least number of entries that were in the gap.
func (g Gap) Lost() uint64 { return g.Missing - g.Explained }

type epochKey struct {
	folder string
	id     ID
}

func epochs(files []File) []Epoch {
	groups := make(map[epochKey]*Epoch)
	var order []epochKey // of first sight, so that the result is stable
	add := func(key epochKey, file File) {
		if groups[key] == nil {
			groups[key] = &Epoch{Folder: key.folder, SeqnumID: key.id, Shared: true}
			order = append(order, key)
		}
		epoch := groups[key]
		epoch.Files = append(epoch.Files, file)
		if file.Name.Family == System {
			epoch.Shared = false
		}
	}
	for _, file := range files {
		if !file.Empty() {
			add(epochKey{file.Folder, file.Header.SeqnumID}, file)
		}
	}
	for _, key := range order {
		epoch := groups[key]
		if !epoch.Shared || !epoch.Files[0].Name.User() {
			continue
		}
		if home := homeOf(*epoch, groups, order); home != nil {
			home.Files = append(home.Files, epoch.Files...)
			delete(groups, key)
		}
	}
	var result []Epoch
	for _, key := range order {
		if epoch := groups[key]; epoch != nil {
			epoch.count()
			result = append(result, *epoch)
		}
	}
	slices.SortStableFunc(result, func(a, b Epoch) int {
		return cmp.Or(cmp.Compare(a.Folder, b.Folder), cmp.Compare(a.headRealtime(), b.headRealtime()))
	})
	return result
}

// homeOf finds the system epoch that shares most numbers and time with the
// files of a user. After a crash without a clock two epochs may cover the same
// time or the same numbers, seldom both.
func homeOf(user Epoch, groups map[epochKey]*Epoch, order []epochKey) *Epoch {
	var best *Epoch
	var most float64
	for _, key := range order {
		system := groups[key]
		if system == nil || system.Shared || system.Folder != user.Folder {
			continue
		}
		var score float64
		for _, u := range user.Files {
			for _, s := range system.Files {
				if s.Name.Family != System {
					continue
				}
				numbers := overlap(u.Header.HeadSeqnum, u.Header.TailSeqnum, s.Header.HeadSeqnum, s.Header.TailSeqnum)
				times := overlap(u.Header.HeadRealtime, u.Header.TailRealtime, s.Header.HeadRealtime, s.Header.TailRealtime)
				score += float64(numbers) * float64(times)
			}
		}
		if score > most {
			best, most = system, score
		}
	}
	return best
}

// overlap counts the integers common to [a,b] and [c,d].
func overlap(a, b, c, d uint64) uint64 {
	low, high := max(a, c), min(b, d)
	if low > high {
		return 0
	}
	return high - low + 1
}

func (e *Epoch) count() {
	slices.SortStableFunc(e.Files, func(a, b File) int { return cmp.Compare(a.Header.HeadSeqnum, b.Header.HeadSeqnum) })
	e.HeadSeqnum = e.Files[0].Header.HeadSeqnum
	for _, file := range e.Files {
		e.Entries += file.Header.Entries
		e.TailSeqnum = max(e.TailSeqnum, file.Header.TailSeqnum)
	}
	if e.Shared || e.TailSeqnum < e.HeadSeqnum {
		return
	}
	e.Vacuumed = e.HeadSeqnum > 1
	e.Deficit = int64(e.TailSeqnum-e.HeadSeqnum+1) - int64(e.Entries)
	e.ProvenDeficit = e.provenDeficit()
	e.Gaps = e.gaps()
}

// provenDeficit applies the law from the number on at which the oldest file of
// every family has begun. A file across that number counts with as many entries
// as could lie behind it.
func (e *Epoch) provenDeficit() uint64 {
	from := e.HeadSeqnum
	if e.Vacuumed {
		seen := make(map[string]bool)
		for _, file := range e.Files { // sorted, so the first of a family is its oldest
			if family := file.Name.Family; !seen[family] {
				seen[family] = true
				from = max(from, file.Header.HeadSeqnum)
			}
		}
	}
	if from > e.TailSeqnum {
		return 0
	}
	var present uint64
	for _, file := range e.Files {
		present += possible(file, from, e.TailSeqnum)
	}
	if numbers := e.TailSeqnum - from + 1; numbers > present {
		return numbers - present
	}
	return 0
}

// possible is the greatest number of entries of the file within [from, to].
func possible(file File, from, to uint64) uint64 {
	return min(file.Header.Entries, overlap(file.Header.HeadSeqnum, file.Header.TailSeqnum, from, to))
}

func (e *Epoch) gaps() []Gap {
	var gaps []Gap
	var before *File
	for i := range e.Files {
		after := &e.Files[i]
		if after.Name.Family != System {
			continue
		}
		if before != nil && after.Header.HeadSeqnum > before.Header.TailSeqnum+1 {
			from, to := before.Header.TailSeqnum+1, after.Header.HeadSeqnum-1
			gap := Gap{
				Before: before.Path, After: after.Path, Missing: to - from + 1,
				FromRealtime: before.Header.TailRealtime, ToRealtime: after.Header.HeadRealtime,
			}
			for _, file := range e.Files {
				if file.Name.Family != System {
					gap.Explained += possible(file, from, to)
				}
			}
			if gap.Missing > gap.Explained {
				gaps = append(gaps, gap)
			}
		}
		if before == nil || after.Header.TailSeqnum >= before.Header.TailSeqnum {
			before = after
		}
	}
	return gaps
}

func (e *Epoch) headRealtime() uint64 {
	least := e.Files[0].Header.HeadRealtime
	for _, file := range e.Files {
		least = min(least, file.Header.HeadRealtime)
	}
	return least
}
