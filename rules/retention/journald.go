package retention

import (
	"fmt"
	"math"
	"time"
)

// The defaults of journald, from its source.
const (
	journalFileTime  = 2629800 * time.Second // one month
	journalFiles     = 100
	journalFileBytes = 128 << 20
	journalMaxBytes  = 4 << 30
	journalMinBytes  = 1 << 20
)

// Journald is the merged configuration of journald with what its files show. It
// removes whole archived files, by the time of their first record, and by size and
// number before that.
type Journald struct {
	// Volatile says that the journal lives in memory and goes with every boot.
	Volatile bool
	// MaxUse, MaxFileSize and KeepFree are the settings of the system journal in bytes,
	// zero for the default.
	MaxUse, MaxFileSize, KeepFree int64
	// FSSize, FSFree and Usage are bytes of the file system, free in it, and used by the
	// journal. Usage zero means that it was not measured.
	FSSize, FSFree, Usage int64
	// MaxFileTime is MaxFileSec, how long one file is written: zero for the default of a month,
	// negative if switched off.
	MaxFileTime time.Duration
	// MaxFiles is the number of files: zero for the default of 100, negative if
	// switched off. ActiveFiles of them are open, one if zero.
	MaxFiles, ActiveFiles int
	// MaxRetention removes files that began longer ago; zero means not set.
	MaxRetention time.Duration
	// TypicalSpan is a low percentile of the time in the archived files, LongestSpan
	// the longest ever seen; zero if there are none.
	TypicalSpan, LongestSpan time.Duration
}

// bytes returns the size of all files and of one of them.
func (j Journald) bytes() (use, file float64, known bool) {
	switch {
	case j.MaxUse > 0:
		use = float64(j.MaxUse)
	case j.FSSize > 0:
		use = float64(min(max(j.FSSize/10, journalMinBytes), journalMaxBytes))
	default:
		return 0, 0, false
	}
	if j.FSSize > 0 && j.Usage > 0 {
		keep := j.KeepFree
		if keep <= 0 {
			keep = j.FSSize / 20
		}
		use = min(use, max(float64(j.Usage)+float64(j.FSFree)-float64(keep), 0))
	}
	if j.MaxFileSize > 0 {
		return use, float64(j.MaxFileSize), true
	}
	return use, min(use/8, journalFileBytes), true
}

// fileDays is MaxFileTime in days.
func (j Journald) fileDays() float64 {
	switch {
	case j.MaxFileTime == 0:
		return journalFileTime.Hours() / 24
	case j.MaxFileTime < 0:
		return math.Inf(1)
	}
	return j.MaxFileTime.Hours() / 24
}

// shortFile returns the least days that an archived file holds, which bounds what a
// number of files keeps.
func (j Journald) shortFile(file, rate float64) float64 {
	days := min(j.fileDays(), file/rate)
	if j.TypicalSpan > 0 {
		days = min(days, j.TypicalSpan.Hours()/24)
	}
	return days
}

// longFile returns the most days that an archived file holds: a file goes by its
// first record, and takes all the others along. A quiet week makes files long, so
// that the size of a file at a busy rate is no bound here.
func (j Journald) longFile() float64 { return max(j.LongestSpan.Hours()/24, j.fileDays()) }

func (j Journald) archived() (files float64, limited bool) {
	n := j.MaxFiles
	if n == 0 {
		n = journalFiles
	}
	return float64(max(n-max(j.ActiveFiles, 1), 0)), n > 0
}

func (j Journald) window(rate float64) (float64, bool) {
	if j.Volatile {
		return 0, true
	}
	use, file, known := j.bytes()
	if !known || rate <= 0 {
		return 0, false
	}
	days := max(use-file, 0) / rate
	if files, limited := j.archived(); limited {
		days = min(days, files*j.shortFile(file, rate))
	}
	if j.MaxRetention > 0 {
		days = min(days, max(j.MaxRetention.Hours()/24-j.longFile(), 0))
	}
	return days, true
}

func (j Journald) removal(written time.Time, rate float64) (time.Time, bool) {
	return byWindow(j, written, rate)
}

func (j Journald) remedy(want int, rate float64) []Change {
	var changes []Change
	if j.Volatile {
		changes = append(changes, Change{Setting: "Storage", From: "volatile", To: "persistent"})
	}
	if rate <= 0 {
		return changes
	}
	days := float64(want)
	use, file, known := j.bytes()
	if bytes := days * rate; known && use-file < bytes {
		next := bytes + min(bytes/7, journalFileBytes)
		if j.MaxFileSize > 0 {
			next = bytes + float64(j.MaxFileSize)
		}
		changes = append(changes, Change{Setting: "SystemMaxUse", From: mebibytes(float64(j.MaxUse)), To: mebibytes(next)})
		j.MaxUse, j.Usage = int64(math.Ceil(next/journalMinBytes))*journalMinBytes, 0
		_, file, _ = j.bytes()
	}
	more := j.remedyFiles(days, file, rate)
	for _, c := range more {
		if c.Setting == "MaxFileSec" {
			j.MaxFileTime = time.Duration(longerFile(j, days)) * day
		}
	}
	changes = append(changes, more...)
	if j.MaxRetention <= 0 || j.MaxRetention.Hours()/24-j.longFile() >= days {
		return changes
	}
	if j.MaxFileTime < 0 {
		changes = append(changes, Change{Setting: "MaxFileSec", From: "0", To: "1month"})
		j.MaxFileTime = 0
	}
	if need := math.Ceil(days + j.longFile()); j.MaxRetention.Hours()/24 < need {
		changes = append(changes, Change{Setting: "MaxRetentionSec", From: span(j.MaxRetention), To: fmt.Sprintf("%.0fday", need)})
	}
	return changes
}

// longerFile is the MaxFileSec in days with which the number of files suffices.
func longerFile(j Journald, days float64) float64 {
	files, _ := j.archived()
	return math.Ceil(days / max(files, 1))
}

// remedyFiles makes files longer if their time limits them, and else allows more.
func (j Journald) remedyFiles(days, file, rate float64) []Change {
	files, limited := j.archived()
	short := j.shortFile(file, rate)
	if !limited || files*short >= days {
		return nil
	}
	if longer := longerFile(j, days); files > 0 && j.MaxFileTime > 0 && j.fileDays() < longer && file/rate >= longer {
		return []Change{{Setting: "MaxFileSec", From: span(j.MaxFileTime), To: fmt.Sprintf("%.0fday", longer)}}
	}
	if short <= 0 {
		return nil
	}
	active := float64(max(j.ActiveFiles, 1))
	return whole("SystemMaxFiles", files+active, days/short+active)
}
