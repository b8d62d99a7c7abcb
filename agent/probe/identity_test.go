package probe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

func TestIdentity(t *testing.T) {
	m := newMachine(t)
	got, err := m.set().Identity(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	got.Architecture = ""
	want := wire.Identity{
		Schema: wire.SchemaIdentity, Host: "i-0abc1234def567890", HostKind: wire.HostCloudInit,
		MachineID: "0123456789abcdef0123456789abcdef", BootID: "0f1e2d3c-4b5a-4678-9abc-def012345678",
		BootTime: time.Unix(1793490000, 0).UTC(), Hostname: "vm-0001", OS: "example", OSVersion: "22.03",
		OSName: `Example "Linux" 22.03 (LTS)`, Kernel: "6.6.0-72.el9.x86_64", VCPUs: 2, MemoryBytes: 4000000 << 10,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHostID(t *testing.T) {
	const uuid = "4c4c4544-0052-3510-8048-b4c04f563332"
	tests := []struct {
		name   string
		change func(machine)
		host   string
		kind   wire.HostKind
	}{
		{"configured wins", func(machine) {}, "vm-77", wire.HostConfigured},
		{"cloud-init below /var", func(m machine) {
			m.remove("run")
			m.write("var/lib/cloud/data/instance-id", "i-9\n")
		}, "i-9", wire.HostCloudInit},
		{"made-up instance id", func(m machine) { m.write("run/cloud-init/.instance-id", "iid-datasource-none") }, "11111111-2222-3333-4444-555555555555", wire.HostDMI},
		{"nocloud", func(m machine) { m.write("run/cloud-init/.instance-id", "nocloud") }, "11111111-2222-3333-4444-555555555555", wire.HostDMI},
		{"number that only root may read", func(m machine) {
			m.remove("run")
			if err := os.Chmod(filepath.Join(m.root, "sys/class/dmi/id/product_uuid"), 0o400); err != nil {
				m.t.Fatal(err)
			}
		}, "0123456789abcdef0123456789abcdef", wire.HostMachineID},
		{"asset tag", func(m machine) {
			m.remove("run")
			m.write("sys/class/dmi/id/product_uuid", "00000000-0000-0000-0000-000000000000")
			m.write("sys/class/dmi/id/board_asset_tag", "i-0123abc")
		}, "i-0123abc", wire.HostDMI},
		{"serial before tags", func(m machine) {
			m.remove("run")
			m.remove("sys/class/dmi/id/product_uuid")
			m.write("sys/class/dmi/id/product_serial", uuid)
		}, uuid, wire.HostDMI},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t)
			tt.change(m)
			configured := ""
			if tt.kind == wire.HostConfigured {
				configured = tt.host
			}
			got, err := m.set().Identity(t.Context(), configured)
			if err != nil || got.Host != tt.host || got.HostKind != tt.kind {
				t.Errorf("host %q of kind %q, %v; want %q, %q", got.Host, got.HostKind, err, tt.host, tt.kind)
			}
		})
	}
}

func TestNoIdentity(t *testing.T) {
	for _, id := range []string{"", "uninitialized", strings.Repeat("0", 32), "0123456789ABCDEF0123456789abcdef"} {
		m := newMachine(t)
		m.remove("run")
		m.remove("sys/class/dmi")
		m.write("etc/machine-id", id)
		got, err := m.set().Identity(t.Context(), "")
		if err == nil || !strings.Contains(err.Error(), "set host_id") {
			t.Errorf("machine id %q: host %q, error %v; want one that says what to do", id, got.Host, err)
		}
	}
}

func TestJunk(t *testing.T) {
	for s, want := range map[string]bool{
		"To be filled by O.E.M.": true, "Not Specified": true, "None": true, "Default string": true, "0": true, "System Serial Number": true,
		"00000000-0000-0000-0000-000000000000": true, "ffffffff-ffff-ffff-ffff-ffffffffffff": true, "No Asset Tag": true, "N/A": true,
		"OpenStack Nova": true, "HUAWEICLOUD": true, "7783-7084-3265-9085-8269-3286-77": true, "Chassis": true, "1234567890": true,
		"i-0123abc": false, "CZC1234ABC": false, "4c4c4544-0052-3510-8048-b4c04f563332": false,
	} {
		if got := junk(s); got != want {
			t.Errorf("junk(%q) = %v; want %v", s, got, want)
		}
	}
}

func FuzzParseRelease(f *testing.F) {
	f.Add("ID=\"a\\\"b\"\nX='y'\n#z=1\n=\"")
	f.Fuzz(func(t *testing.T, text string) {
		for k, v := range parseRelease(text) {
			if len(k)+len(v) > len(text) {
				t.Errorf("%q = %q is longer than the file", k, v)
			}
		}
	})
}
