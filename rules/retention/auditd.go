package retention

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// auditdMaxLogs is the greatest num_logs that auditd accepts.
const auditdMaxLogs = 999

// Auditd is the rotation of auditd.conf.
type Auditd struct {
	// Action is max_log_file_action in any case; empty is ROTATE.
	Action string
	// NumLogs counts all files with the live one; fewer than two means no rotation.
	NumLogs int
	// MaxLogFile is the size of one file in MiB.
	MaxLogFile int
	// CronDays is the interval of rotations by a job, 0 if there is none. It is looked
	// at where the size does not rotate.
	CronDays float64
}

func (a Auditd) window(rate float64) (float64, bool) {
	kept := float64(a.NumLogs - 1)
	switch strings.ToUpper(a.Action) {
	case "", "ROTATE":
		switch {
		case a.NumLogs < 0 || (a.NumLogs == 0 && a.MaxLogFile == 0):
			return 0, false
		case a.NumLogs < 2:
			return math.Inf(1), true
		case rate <= 0 || a.MaxLogFile <= 0:
			return 0, false
		}
		return kept * float64(a.MaxLogFile) * (1 << 20) / rate, true
	case "IGNORE", "SYSLOG":
		if a.CronDays > 0 && a.NumLogs >= 2 {
			return kept * a.CronDays, true
		}
		return math.Inf(1), true
	case "KEEP_LOGS", "SUSPEND", "SINGLE", "HALT":
		// The last three remove nothing: they stop logging, which the writer shows.
		return math.Inf(1), true
	}
	return 0, false
}

func (a Auditd) removal(written time.Time, rate float64) (time.Time, bool) {
	return byWindow(a, written, rate)
}

func (a Auditd) remedy(want int, rate float64) []Change {
	days, known := a.window(rate)
	if !known || math.IsInf(days, 1) {
		return nil
	}
	perFile := days / float64(a.NumLogs-1)
	need := math.Ceil(float64(want)/perFile) + 1
	if need <= auditdMaxLogs {
		return whole("num_logs", float64(a.NumLogs), need)
	}
	if rate <= 0 {
		return nil
	}
	size := math.Ceil(float64(want) * rate / (auditdMaxLogs - 1) / (1 << 20))
	return append(whole("num_logs", float64(a.NumLogs), auditdMaxLogs),
		whole("max_log_file", float64(a.MaxLogFile), size)...)
}

// whole returns the change of a setting of whole numbers to at least need, none if it
// is there already or if no number would do.
func whole(setting string, from, need float64) []Change {
	need = math.Ceil(need)
	if math.IsNaN(need) || need <= from || need > math.MaxInt64/2 {
		return nil
	}
	return []Change{{Setting: setting, From: fmt.Sprintf("%.0f", from), To: fmt.Sprintf("%.0f", need)}}
}

// mebibytes prints a size as journald reads it, empty for a size that is not set.
func mebibytes(bytes float64) string {
	if bytes <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0fM", math.Ceil(bytes/(1<<20)))
}

// span prints a time as journald reads it.
func span(d time.Duration) string {
	if d%day == 0 {
		return fmt.Sprintf("%dday", d/day)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
