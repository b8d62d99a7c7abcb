package logrotate

import (
	"errors"
	"io/fs"
	"strings"
)

// HostAccounts are the users and groups that a host knows.
type HostAccounts struct {
	users, groups map[string]bool // nil when they cannot be known from files
}

// Accounts reads etc/passwd and etc/group of the host with root fsys. Where
// they cannot be read, or where etc/nsswitch.conf also names a source that is
// no file, every account passes for known: a stanza is called broken only when
// it surely is.
func Accounts(fsys fs.FS) HostAccounts {
	services, err := fs.ReadFile(fsys, "etc/nsswitch.conf")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return HostAccounts{}
	}
	return HostAccounts{
		users:  accounts(fsys, "etc/passwd", "passwd:", string(services)),
		groups: accounts(fsys, "etc/group", "group:", string(services)),
	}
}

func accounts(fsys fs.FS, name, database, services string) map[string]bool {
	for line := range strings.Lines(services) {
		line, _, _ = strings.Cut(line, "#")
		sources, ok := strings.CutPrefix(strings.TrimSpace(line), database)
		if !ok {
			continue
		}
		for source := range strings.FieldsSeq(sources) {
			// compat and systemd know no site account beyond the files.
			if source != "files" && source != "compat" && source != "systemd" && !strings.HasPrefix(source, "[") {
				return nil
			}
		}
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	known := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		if fields := strings.SplitN(line, ":", 4); len(fields) == 4 && fields[0] != "" {
			known[fields[0]] = true
			known[fields[2]] = true
		}
	}
	return known
}

// User reports whether there is a user of that name or number.
func (a HostAccounts) User(name string) bool { return a.users == nil || a.users[name] }

// Group reports whether there is a group of that name or number.
func (a HostAccounts) Group(name string) bool { return a.groups == nil || a.groups[name] }
