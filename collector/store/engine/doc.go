// Package engine runs an embedded ClickHouse: libchdb in a child process, behind
// the HTTP protocol of ClickHouse on a unix socket.
//
// The parent calls Start (or Open, which also joins an engine that is already
// running), gets a dialer, and gives it to clickhouse-go. The child runs the same
// binary with the arguments of Config.Command, which must call Child. A crash of
// the library ends the child only: questions under way fail, the parent starts a
// new child, and nothing that was acknowledged is lost.
//
// Files in the folder: engine.sock (the door, mode 0600), engine.lock (held by
// parent and child, freed by the kernel when both are gone), engine.xml and
// users.xml (what the engine is told at its start, written anew each time) and data (ClickHouse's own).
//
// An insert is stored wholly or not at all within one partition if its data are one
// Native block, as clickhouse-go sends a batch, or at most 1,048,449 rows of another
// format. Larger ones are stored piece by piece, and an error leaves what came before.
//
// Statements of others go to GuestPath, where they may only read. Nobody, the owner
// included, can reach files, URLs or other servers through a table of this engine.
//
// It leaves out users, TLS, sessions over several requests, external tables and
// ClickHouse's block compression: whoever may open the socket may do everything.
package engine

// Version is the release of libchdb this package was tested with. It holds
// ClickHouse 26.7.2.1.
const Version = "26.7.3-stable.1"

// Names inside Config.Dir.
const (
	socketName = "engine.sock"
	lockName   = "engine.lock"
	configName = "engine.xml"
	usersName  = "users.xml"
	dataName   = "data"
)
