package logs

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// agentUser is the account that packages of the agent create.
const agentUser = "yunjian"

// grant says what would let the agent read a log: the group of the file if its members
// may read it, or else, where the file cannot be looked at, the group that is usual on
// Debian. Where no group helps, it is an entry of an access list.
func (d *declarer) grant(pattern, group string) string {
	name, plain := plainName(pattern)
	if plain {
		if info, err := fs.Stat(d.fsys, inside(name)); err == nil {
			if owner, ok := info.Sys().(*syscall.Stat_t); ok {
				group = ""
				if info.Mode().Perm()&0o040 != 0 {
					group = d.group(owner.Gid)
				}
				return grantText(pattern, group)
			}
		}
	}
	// The group utmp is the same everywhere; adm reads logs on Debian only.
	if group != "utmp" && !d.isDebian() {
		group = ""
	}
	return grantText(pattern, group)
}

func grantText(pattern, group string) string {
	if group != "" && group != "root" {
		return "group " + group
	}
	name, plain := plainName(pattern)
	if !plain {
		name = pattern // the shell expands it
	}
	return "setfacl -m u:" + agentUser + ":r " + name
}

// group is the name of a group, empty if it is not in the file of groups.
func (d *declarer) group(number uint32) string {
	if d.groups == nil {
		d.groups = make(map[uint32]string)
		text, err := fs.ReadFile(d.fsys, "etc/group")
		if err == nil {
			for line := range strings.Lines(string(text)) {
				fields := strings.SplitN(line, ":", 4)
				if len(fields) < 4 {
					continue
				}
				if n, err := strconv.ParseUint(fields[2], 10, 32); err == nil && d.groups[uint32(n)] == "" {
					d.groups[uint32(n)] = fields[0]
				}
			}
		}
	}
	return d.groups[number]
}

// isDebian reports whether the distribution is Debian or one of its kind.
func (d *declarer) isDebian() bool {
	if d.debian == nil {
		debian := false
		text, err := fs.ReadFile(d.fsys, "etc/os-release")
		if err != nil {
			text, err = fs.ReadFile(d.fsys, "usr/lib/os-release")
		}
		if err == nil {
			for line := range strings.Lines(string(text)) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				if (key == "ID" || key == "ID_LIKE") && (strings.Contains(value, "debian") || strings.Contains(value, "ubuntu")) {
					debian = true
				}
			}
		}
		d.debian = &debian
	}
	return *d.debian
}

// installed reports whether one of the programs is on the host.
func (d *declarer) installed(programs ...string) bool {
	for _, program := range programs {
		for _, dir := range []string{"usr/sbin", "sbin", "usr/bin", "bin", "usr/local/sbin", "usr/local/bin"} {
			if _, err := fs.Stat(d.fsys, path.Join(dir, program)); err == nil {
				return true
			}
		}
	}
	return false
}
