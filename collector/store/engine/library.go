package engine

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is libchdb loaded into this process: the functions of chdb.h that the
// child needs. All strings go with a length, because Native data hold zero bytes.
type library struct {
	connect            func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn          func(conn unsafe.Pointer)
	query              func(conn, query unsafe.Pointer, queryLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) unsafe.Pointer
	streamQuery        func(conn, query unsafe.Pointer, queryLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) unsafe.Pointer
	streamFetch        func(conn, stream unsafe.Pointer) unsafe.Pointer
	streamCancel       func(conn, stream unsafe.Pointer)
	destroyResult      func(result unsafe.Pointer)
	streamInsert       func(conn, query unsafe.Pointer, queryLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) unsafe.Pointer
	streamAppend       func(stream, data unsafe.Pointer, length uintptr) int32
	streamDone         func(stream unsafe.Pointer) unsafe.Pointer
	streamCancelInsert func(stream unsafe.Pointer)
	streamInsertError  func(stream unsafe.Pointer) string
	destroyInsert      func(stream unsafe.Pointer)
	resultBuffer       func(result unsafe.Pointer) unsafe.Pointer
	resultLength       func(result unsafe.Pointer) uintptr
	resultError        func(result unsafe.Pointer) string
	rowsRead           func(result unsafe.Pointer) uint64
	bytesRead          func(result unsafe.Pointer) uint64
	storageRowsRead    func(result unsafe.Pointer) uint64
	storageBytesRead   func(result unsafe.Pointer) uint64
	rowsWritten        func(result unsafe.Pointer) uint64
	bytesWritten       func(result unsafe.Pointer) uint64
	setSignals         func(enabled int32)
}

// load opens the shared library at path. libchdb resets signal handlers when
// told to install none; Go needs its own, so they are put back.
func load(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load libchdb %q: %w", path, err)
	}
	lib := new(library)
	for _, symbol := range []struct {
		name string
		fn   any
	}{
		{"chdb_connect", &lib.connect},
		{"chdb_close_conn", &lib.closeConn},
		{"chdb_query_with_params_n", &lib.query},
		{"chdb_stream_query_with_params_n", &lib.streamQuery},
		{"chdb_stream_fetch_result", &lib.streamFetch},
		{"chdb_stream_cancel_query", &lib.streamCancel},
		{"chdb_destroy_query_result", &lib.destroyResult},
		{"chdb_stream_insert_with_params_n", &lib.streamInsert},
		{"chdb_stream_append", &lib.streamAppend},
		{"chdb_stream_done", &lib.streamDone},
		{"chdb_stream_cancel_insert", &lib.streamCancelInsert},
		{"chdb_stream_insert_error", &lib.streamInsertError},
		{"chdb_destroy_insert_stream", &lib.destroyInsert},
		{"chdb_result_buffer", &lib.resultBuffer},
		{"chdb_result_length", &lib.resultLength},
		{"chdb_result_error", &lib.resultError},
		{"chdb_result_rows_read", &lib.rowsRead},
		{"chdb_result_bytes_read", &lib.bytesRead},
		{"chdb_result_storage_rows_read", &lib.storageRowsRead},
		{"chdb_result_storage_bytes_read", &lib.storageBytesRead},
		{"chdb_result_rows_written", &lib.rowsWritten},
		{"chdb_result_bytes_written", &lib.bytesWritten},
		{"chdb_set_signal_handlers_enabled", &lib.setSignals},
	} {
		address, err := purego.Dlsym(handle, symbol.name)
		if err != nil {
			return nil, fmt.Errorf("load libchdb %q: it has no %s, take version %s: %w", path, symbol.name, Version, err)
		}
		purego.RegisterFunc(symbol.fn, address)
	}
	keepSignals(func() { lib.setSignals(0) })
	return lib, nil
}

// session is one libchdb connection. It runs one statement at a time; its owner
// holds it alone for as long as a statement or a stream is open.
type session struct {
	lib    *library
	handle unsafe.Pointer // chdb_connection *
	conn   unsafe.Pointer // chdb_connection
}

// open makes a connection. The arguments of the first one in the process start
// the engine (--path=…); later ones only name the same path.
func (l *library) open(args ...string) (*session, error) {
	argv := make([]unsafe.Pointer, 0, len(args)+2)
	var pin runtime.Pinner
	defer pin.Unpin()
	for _, arg := range append([]string{"clickhouse"}, args...) {
		data := append([]byte(arg), 0)
		pin.Pin(&data[0])
		argv = append(argv, unsafe.Pointer(&data[0]))
	}
	argc := int32(len(argv))
	argv = append(argv, nil)
	pin.Pin(&argv[0])
	s := &session{lib: l}
	keepSignals(func() { s.handle = l.connect(argc, unsafe.Pointer(&argv[0])) })
	if s.handle == nil {
		return nil, errors.New("connect to libchdb: it gave no reason; is the folder writable, and not in use by another process?")
	}
	s.conn = *(*unsafe.Pointer)(s.handle)
	return s, nil
}

// close ends the connection. No statement may be running on it.
func (s *session) close() {
	s.lib.closeConn(s.handle)
}

// parameter is one value for a {name:Type} placeholder, in the escaped text of TabSeparated.
type parameter struct{ name, value string }

// arguments are strings and parameters laid out for C, pinned until free is called.
type arguments struct {
	pin                               runtime.Pinner
	query, format                     unsafe.Pointer
	names, nameLens, values, valueLen unsafe.Pointer
}

func (a *arguments) text(s string) unsafe.Pointer {
	if s == "" {
		s = "\x00"
	}
	p := unsafe.StringData(s)
	a.pin.Pin(p)
	return unsafe.Pointer(p)
}

func (a *arguments) set(query, format string, params []parameter) {
	a.query, a.format = a.text(query), a.text(format)
	if len(params) == 0 {
		return
	}
	n := len(params)
	pointers, lengths := make([]unsafe.Pointer, 2*n), make([]uintptr, 2*n)
	for i, p := range params {
		pointers[i], lengths[i] = a.text(p.name), uintptr(len(p.name))
		pointers[n+i], lengths[n+i] = a.text(p.value), uintptr(len(p.value))
	}
	a.pin.Pin(&pointers[0])
	a.pin.Pin(&lengths[0])
	a.names, a.values = unsafe.Pointer(&pointers[0]), unsafe.Pointer(&pointers[n])
	a.nameLens, a.valueLen = unsafe.Pointer(&lengths[0]), unsafe.Pointer(&lengths[n])
}

// result is an answer or a chunk of one. It must be freed.
type result struct {
	lib *library
	ptr unsafe.Pointer
}

func (r result) free() {
	if r.ptr != nil {
		r.lib.destroyResult(r.ptr)
	}
}

// bytes are the library's own memory, valid until free.
func (r result) bytes() []byte {
	n := r.lib.resultLength(r.ptr)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.lib.resultBuffer(r.ptr)), n)
}

// err is the exception the answer carries, or nil.
func (r result) err() error {
	if r.ptr == nil {
		return &exception{Code: codeLogical, Message: "the engine gave no answer"}
	}
	if text := r.lib.resultError(r.ptr); text != "" {
		return parseException(text)
	}
	return nil
}

// run executes one statement and holds its whole answer.
func (s *session) run(query, format string, params []parameter) result {
	var a arguments
	defer a.pin.Unpin()
	a.set(query, format, params)
	return result{s.lib, s.lib.query(s.conn, a.query, uintptr(len(query)), a.format, uintptr(len(format)),
		a.names, a.nameLens, a.values, a.valueLen, uintptr(len(params)))}
}

// exec runs one statement whose answer does not matter.
func (s *session) exec(query string) error {
	r := s.run(query, "Null", nil)
	defer r.free()
	return r.err()
}

// stream starts a SELECT whose answer is fetched in chunks.
func (s *session) stream(query, format string, params []parameter) result {
	var a arguments
	defer a.pin.Unpin()
	a.set(query, format, params)
	return result{s.lib, s.lib.streamQuery(s.conn, a.query, uintptr(len(query)), a.format, uintptr(len(format)),
		a.names, a.nameLens, a.values, a.valueLen, uintptr(len(params)))}
}

// fetch gives the next chunk of a stream; one without rows ends it.
func (s *session) fetch(stream result) result {
	return result{s.lib, s.lib.streamFetch(s.conn, stream.ptr)}
}

// cancel ends a stream before its last chunk; the connection is free afterwards.
func (s *session) cancel(stream result) { s.lib.streamCancel(s.conn, stream.ptr) }

// insertion is an INSERT whose data are pushed in pieces. It must be freed;
// without done nothing of it is stored.
type insertion struct {
	lib *library
	ptr unsafe.Pointer
}

func (s *session) insert(query, format string, params []parameter) (insertion, error) {
	var a arguments
	defer a.pin.Unpin()
	a.set(query, format, params)
	i := insertion{s.lib, s.lib.streamInsert(s.conn, a.query, uintptr(len(query)), a.format, uintptr(len(format)),
		a.names, a.nameLens, a.values, a.valueLen, uintptr(len(params)))}
	return i, i.err()
}

func (i insertion) err() error {
	if i.ptr == nil {
		return &exception{Code: codeLogical, Message: "the engine gave no insert stream"}
	}
	if text := i.lib.streamInsertError(i.ptr); text != "" {
		return parseException(text)
	}
	return nil
}

func (i insertion) append(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if state := i.lib.streamAppend(i.ptr, unsafe.Pointer(unsafe.SliceData(data)), uintptr(len(data))); state != 0 {
		if err := i.err(); err != nil {
			return err
		}
		return &exception{Code: codeLogical, Message: "the engine took no more data and gave no reason"}
	}
	return nil
}

// done commits; the result says how many rows were written.
func (i insertion) done() result { return result{i.lib, i.lib.streamDone(i.ptr)} }

func (i insertion) cancel() { i.lib.streamCancelInsert(i.ptr) }

func (i insertion) free() {
	if i.ptr != nil {
		i.lib.destroyInsert(i.ptr)
	}
}
