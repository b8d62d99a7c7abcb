package probe

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/mem"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Identity says what this host is. The host id is the first of: configured,
// cloud-init's instance id, a DMI number that any user may read, the machine id
// (contract: Identity and time). What cannot be read stays empty; only a host
// without any id is an error. At and AgentVersion are the caller's.
func (s *Set) Identity(ctx context.Context, configured string) (wire.Identity, error) {
	r := s.roots
	id := wire.Identity{
		Schema:       wire.SchemaIdentity,
		MachineID:    machineID(line(r.etc("machine-id"))),
		BootID:       line(r.proc("sys/kernel/random/boot_id")),
		Hostname:     line(r.proc("sys/kernel/hostname")),
		Kernel:       line(r.proc("sys/kernel/osrelease")),
		Architecture: runtime.GOARCH,
	}
	if data, err := os.ReadFile(r.proc("stat")); err == nil {
		if online, boot, err := parseStat(r.proc("stat"), data); err == nil {
			id.VCPUs, id.BootTime = online, time.Unix(boot, 0).UTC()
		}
	}
	if m, err := mem.VirtualMemoryWithContext(s.context(ctx)); err == nil {
		id.MemoryBytes = m.Total
	}
	if data, err := os.ReadFile(r.etc("os-release")); err == nil {
		release := parseRelease(string(data))
		id.OS, id.OSVersion, id.OSName = clip(release["ID"]), clip(release["VERSION_ID"]), clip(release["PRETTY_NAME"])
	}
	for _, c := range []struct {
		kind wire.HostKind
		id   string
	}{
		{wire.HostConfigured, configured},
		{wire.HostCloudInit, instanceID(r)},
		{wire.HostDMI, dmi(r)},
		{wire.HostMachineID, id.MachineID},
	} {
		if c.id != "" {
			id.Host, id.HostKind = c.id, c.kind
			return id, nil
		}
	}
	return id, errors.New("identify host: no cloud-init instance id, no readable DMI number and no machine id; set host_id")
}

// maxText is the longest text that we take from a file of the host, in bytes.
const maxText = 256

func clip(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// line returns the first line of a file, "" if there is none.
func line(name string) string {
	data, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	s, _, _ := strings.Cut(string(data), "\n")
	return clip(strings.TrimSpace(s))
}

// instanceID is what the platform told cloud-init; names that cloud-init itself
// makes up, which are the same on every clone, do not count.
func instanceID(r Roots) string {
	for _, name := range []string{r.run("cloud-init/.instance-id"), r.vars("lib/cloud/data/instance-id")} {
		s := line(name)
		lower := strings.ToLower(s)
		if usable(s) && lower != "nocloud" && lower != "none" && !strings.HasPrefix(lower, "iid-datasource-none") && !strings.HasPrefix(lower, "iid-local") {
			return s
		}
	}
	return ""
}

// dmi returns the first number of the firmware that tells machines apart. Files
// that only root may read do not count even for root, so that the id does not
// depend on who runs the agent.
func dmi(r Roots) string {
	for _, name := range []string{"product_uuid", "product_serial", "board_asset_tag", "chassis_asset_tag"} {
		name = r.sys("class/dmi/id/" + name)
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o004 == 0 {
			continue
		}
		if s := line(name); usable(s) && !junk(s) {
			return s
		}
	}
	return ""
}

// junk reports whether a DMI value is a filler or the same on every machine of a
// platform.
func junk(s string) bool {
	lower := strings.ToLower(s)
	for _, part := range []string{
		"o.e.m", "oem", "to be filled", "not specified", "not applicable", "not available", "none", "unknown", "default", "invalid",
		"asset", "serial", "chassis", "system", "n/a", "123456789", "amazon ec2", "openstack", "huaweicloud", "alibaba", "qemu", "vmware",
		"virtual", "7783-7084-3265-9085-8269-3286-77", // the last is every virtual machine of Azure
	} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	var seen []rune // fillers repeat one or two characters
	for _, c := range lower {
		if c != '-' && c != ' ' && c != '.' && !slices.Contains(seen, c) {
			seen = append(seen, c)
		}
	}
	return len(lower) < 6 || len(seen) < 4 || !strings.ContainsAny(lower, "0123456789")
}

// usable reports whether a text can be a host id.
func usable(s string) bool {
	return s != "" && len(s) <= maxText && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == '\uFFFD' || c == 0x7f })
}

// machineID accepts what systemd writes: 32 hexadecimal digits, not all zero.
func machineID(s string) string {
	if len(s) != 32 || strings.Trim(s, "0") == "" || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

// parseRelease reads the shell-like assignments of os-release(5).
func parseRelease(text string) map[string]string {
	found := map[string]string{}
	for l := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(l), "=")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		found[key] = unquote(value)
	}
	return found
}

// unquote removes one pair of quotes, and between double quotes the backslashes.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	double := s[0] == '"'
	s = s[1 : len(s)-1]
	if !double {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
