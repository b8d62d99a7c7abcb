package logs

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
)

// origin puts a file of the fs.FS and a line as a person would: /etc/rsyslog.conf:12.
func origin(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line <= 0:
		return "/" + strings.TrimPrefix(file, "/")
	}
	return "/" + strings.TrimPrefix(file, "/") + ":" + strconv.Itoa(line)
}

// plainText is what an error says, without the values that some of them quote.
func plainText(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "the agent has no right to read it"
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	}
	text := err.Error()
	for {
		before, rest, found := strings.Cut(text, `"`)
		if !found {
			return text
		}
		_, after, closed := strings.Cut(rest, `"`)
		if !closed {
			return strings.TrimSpace(before) + " …"
		}
		text = strings.TrimRight(before, " ") + " …" + after
	}
}
