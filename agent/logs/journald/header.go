// Package journald reads what systemd-journald left behind without reading a
// single log record: the fixed header of each journal file, the inventory of a
// journal directory with the arithmetic that shows missing files, and the
// merged journald.conf that decides how long files are kept.
//
// It leaves out the objects behind the header, the verification of seals, and
// every judgement: whether six months are kept is decided elsewhere from these
// facts. It reads only the fs.FS or io.ReaderAt given to it, and asks no clock.
package journald

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	magic = "LPKSHHRH"
	// headerMin is the oldest header layout, up to tail_entry_monotonic;
	// headerMax is the current one. Everything read here lies below headerMin.
	headerMin = 208
	headerMax = 272
)

// ErrNotJournal means that the bytes are not the header of a journal file.
var ErrNotJournal = errors.New("not a journal file")

// ID is a 128-bit identifier of journald: of a file, machine, boot or epoch.
type ID [16]byte

// String gives the 32 lower-case hex digits that journalctl prints.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the identifier was never set.
func (id ID) IsZero() bool { return id == ID{} }

// ParseID reads 32 hex digits.
func ParseID(text string) (ID, error) {
	var id ID
	if len(text) != 2*len(id) {
		return ID{}, fmt.Errorf("parse id %q: want 32 hex digits, got %d characters", text, len(text))
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, fmt.Errorf("parse id %q: %w", text, err)
	}
	return id, nil
}

// State is what the last writer noted in the header.
type State uint8

// The states of a journal file. Online means open for writing, or not closed
// because journald or the host died.
const (
	Offline State = iota
	Online
	Archived
)

// String names the state as journalctl does; a value it does not know is a number.
func (s State) String() string {
	switch s {
	case Offline:
		return "OFFLINE"
	case Online:
		return "ONLINE"
	case Archived:
		return "ARCHIVED"
	}
	return fmt.Sprintf("0x%02x", uint8(s))
}

// IncompatibleFlags say which features a reader of records must know. None of
// them moves a field of the header.
type IncompatibleFlags uint32

// String names the flags in the order of journalctl, and the rest as one number.
func (f IncompatibleFlags) String() string {
	return flagNames(uint32(f), []flag{
		{1 << 0, "COMPRESSED-XZ"},
		{1 << 1, "COMPRESSED-LZ4"},
		{1 << 3, "COMPRESSED-ZSTD"},
		{1 << 2, "KEYED-HASH"},
		{1 << 4, "COMPACT"},
	})
}

// CompatibleFlags say which features a reader of records may ignore.
type CompatibleFlags uint32

// String names the flags in the order of journalctl, and the rest as one number.
func (f CompatibleFlags) String() string {
	return flagNames(uint32(f), []flag{
		{1 << 0, "SEALED"},
		{1 << 2, "SEALED_CONTINUOUS"},
		{1 << 1, "TAIL_ENTRY_BOOT_ID"},
	})
}

type flag struct {
	bit  uint32
	name string
}

func flagNames(bits uint32, known []flag) string {
	var names []string
	for _, k := range known {
		if bits&k.bit != 0 {
			names = append(names, k.name)
			bits &^= k.bit
		}
	}
	if bits != 0 {
		names = append(names, fmt.Sprintf("0x%x", bits))
	}
	return strings.Join(names, " ")
}

// Header is the part of a journal file header that concerns retention. The
// header carries no checksum: a damaged file may show any value, so times and
// counts are claims until they agree with those of the neighbouring files.
type Header struct {
	State        State
	Compatible   CompatibleFlags
	Incompatible IncompatibleFlags

	FileID    ID // this file
	MachineID ID // the host that wrote it
	BootID    ID // the boot of the last entry, or of the last opening in files of old versions
	SeqnumID  ID // the numbering that the sequence numbers belong to

	HeaderSize uint64 // bytes
	ArenaSize  uint64 // bytes behind the header
	Objects    uint64
	Entries    uint64

	HeadSeqnum uint64 // 0 in a file without entries
	TailSeqnum uint64

	HeadRealtime  uint64 // first entry, µs since 1970 by the clock of the host; 0 without entries
	TailRealtime  uint64 // last entry, likewise
	TailMonotonic uint64 // last entry, µs since the boot BootID

	// Truncated says that the file is shorter than its header claims: the
	// records at its end are lost although the header still counts them.
	Truncated bool
}

// HeadTime is the time of the first entry, in UTC; zero without entries.
func (h Header) HeadTime() time.Time { return microseconds(h.HeadRealtime) }

// TailTime is the time of the last entry, in UTC; zero without entries.
func (h Header) TailTime() time.Time { return microseconds(h.TailRealtime) }

// microseconds maps what no clock can mean, as a damaged header may hold, to
// the zero time, which no reader takes for coverage.
func microseconds(us uint64) time.Time {
	if us == 0 || us > 1<<62 {
		return time.Time{}
	}
	return time.UnixMicro(int64(us)).UTC()
}

// ReadHeader reads the header of a journal file of size bytes. Unknown flags do
// not stop it, because they concern records only. The error is ErrNotJournal
// when the signature or the size of the header is wrong, otherwise that of r.
func ReadHeader(r io.ReaderAt, size int64) (Header, error) {
	if size < headerMin {
		return Header{}, fmt.Errorf("read header: %d bytes are fewer than the %d of the smallest header: %w", size, headerMin, ErrNotJournal)
	}
	raw := make([]byte, min(size, headerMax))
	if n, err := r.ReadAt(raw, 0); n < len(raw) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Header{}, fmt.Errorf("read header: %w", err)
	}
	if string(raw[:8]) != magic {
		return Header{}, fmt.Errorf("read header: signature is %q: %w", raw[:8], ErrNotJournal)
	}
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(raw[at:]) }
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(raw[at:]) }
	h := Header{
		Compatible:    CompatibleFlags(u32(8)),
		Incompatible:  IncompatibleFlags(u32(12)),
		State:         State(raw[16]),
		FileID:        ID(raw[24:40]),
		MachineID:     ID(raw[40:56]),
		BootID:        ID(raw[56:72]),
		SeqnumID:      ID(raw[72:88]),
		HeaderSize:    u64(88),
		ArenaSize:     u64(96),
		Objects:       u64(144),
		Entries:       u64(152),
		TailSeqnum:    u64(160),
		HeadSeqnum:    u64(168),
		HeadRealtime:  u64(184),
		TailRealtime:  u64(192),
		TailMonotonic: u64(200),
	}
	if h.HeaderSize < headerMin {
		return Header{}, fmt.Errorf("read header: it claims %d bytes, fewer than %d: %w", h.HeaderSize, headerMin, ErrNotJournal)
	}
	end := h.HeaderSize + h.ArenaSize
	h.Truncated = end < h.HeaderSize || end > uint64(size)
	return h, nil
}
