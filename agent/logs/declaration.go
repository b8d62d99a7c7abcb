package logs

import "github.com/yunjian-io/yunjian/internal/wire"

// Families of sources: how their files are read.
const (
	FamilyJournald = "journald"
	FamilyText     = "text"
	FamilyUTMP     = "utmp"
	FamilyAudit    = "audit" // text with epochs and serial numbers
)

// Declaration is a log that the configuration of the host, the catalogue of usual
// places, or the site says is written.
type Declaration struct {
	Streams []wire.LogStream
	Family  string
	// Paths are absolute patterns of path.Match for the live files, such as
	// /var/log/nginx/*access.log. Every file that matches is a source of its own, and
	// so is a name without wildcards that does not exist, if Expected.
	Paths []string
	// Archives are further absolute patterns of the closed files of these sources, for
	// programs that name them in their own way, such as /opt/tomcat/logs/catalina.*.log.
	// Rotated siblings such as auth.log.1 and auth.log-20261101.gz need none.
	Archives []string
	// Single says that all files of Paths and Archives together are one source, the
	// newest the live one, as with postgresql's names by date.
	Single bool
	// Expected says that something is configured to write the log, so that its absence
	// is to be reported.
	Expected bool
	// Format is the time stamp format of a site's source; empty to find out.
	Format string
	// Party is who has to keep it, if the site says so: unit or provider.
	Party   string
	QuietOK bool
	// Policies are how the writer itself removes records. Those of logrotate are added
	// by path.
	Policies []wire.LogPolicy
	// Units are the systemd units and Processes the process names that may write it.
	Units, Processes []string
	Forward          []wire.LogForward
	// Grant is the group or access list entry that lets the agent read it.
	Grant string
	// Origin is file and line that declares it, empty for the catalogue.
	Origin string
	// SuspendAtFreeBytes is the free space at which the writer stops by itself.
	SuspendAtFreeBytes int64
	// SuspendAtFreePercent is the same as a share of the file system, 0 if it is none.
	SuspendAtFreePercent float64
}
