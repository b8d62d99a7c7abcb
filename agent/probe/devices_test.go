package probe

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// cutOnce measures a first interval, and returns what was published of it.
func (m machine) cutOnce() (*Set, map[string]float64) {
	m.t.Helper()
	s := m.set()
	s.Begin(m.t.Context())
	s.Cut(m.t.Context(), own)
	return s, published(m.t, s)
}

// Names that stay can hide devices that changed: a network function gets its master
// after its name. It must not be counted twice for long.
func TestRelist(t *testing.T) {
	m := newMachine(t)
	s, before := m.cutOnce()
	if _, ok := before["interface_receive_bytes eth0"]; !ok {
		t.Fatal("eth0 does not count")
	}
	const disk = "sys/block/vdb"
	if _, ok := before["device_read_bytes vdb"]; !ok {
		t.Fatal("vdb does not count")
	}
	m.write("sys/class/net/eth0/master/device", "")
	m.remove(disk)
	for range relist {
		s.Cut(t.Context(), own)
	}
	got := published(t, s)
	for _, name := range []string{"interface_receive_bytes eth0", "device_read_bytes vdb"} {
		if v, ok := got[name]; ok {
			t.Errorf("%s = %v still", name, v)
		}
	}
}

// A file system that is mounted counts in the same interval.
func TestMounted(t *testing.T) {
	m := newMachine(t)
	s, before := m.cutOnce()
	table, err := os.ReadFile(filepath.Join(m.root, "proc/1/mountinfo"))
	if err != nil {
		t.Fatal(err)
	}
	m.write("proc/1/mountinfo", "99 1 254:99 / / rw - ext4 /dev/only rw\n")
	s.Cut(t.Context(), own)
	if got := published(t, s); got["storage_size_bytes"] >= before["storage_size_bytes"] {
		t.Errorf("size %v with one mount, %v with all", got["storage_size_bytes"], before["storage_size_bytes"])
	}
	m.write("proc/1/mountinfo", string(table))
	for range 2 {
		s.Cut(t.Context(), own)
		if got := published(t, s); got["storage_size_bytes"] != before["storage_size_bytes"] {
			t.Errorf("size %v; want %v", got["storage_size_bytes"], before["storage_size_bytes"])
		}
	}
}

// A container sees only a virtual interface, and a network block device no hardware.
func TestFallbacks(t *testing.T) {
	m := newMachine(t)
	m.remove("sys/class/net")
	m.remove("sys/block/vda/device")
	m.remove("sys/block/vdb")
	_, got := m.cutOnce()
	for name, want := range map[string]float64{"interface_receive_bytes docker0": 0, "device_read_bytes vda": 0, "disk_read_bytes": 0} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s = %v, %v; want %v", name, v, ok, want)
		}
	}
	if _, ok := got["interface_receive_bytes lo"]; ok {
		t.Error("loopback is counted")
	}
}

func TestDevicesComeAndGo(t *testing.T) {
	last := map[string]traffic{"a": {1, 1}, "b": {1, 1}}
	nan := math.NaN()
	tests := []struct {
		now  map[string]traffic
		rows []row
		sum  float64
	}{
		{map[string]traffic{"a": {3, 1}, "b": {2, 1}}, []row{{"a", []float64{2, 0, 0, 0}}, {"b", []float64{1, 0, 0, 0}}}, 3},
		{map[string]traffic{"a": {3, 1}}, []row{{"a", []float64{2, 0, 0, 0}}}, nan},
		{map[string]traffic{"a": {3, 1}, "b": {2, 1}, "c": {9, 9}}, []row{{"a", []float64{2, 0, 0, 0}}, {"b", []float64{1, 0, 0, 0}}, {"c", []float64{nan, nan, nan, nan}}}, nan},
	}
	for _, tt := range tests {
		rows, sum := increases(last, tt.now)
		if diff := cmp.Diff(tt.rows, rows, cmp.AllowUnexported(row{}), cmpopts.EquateNaNs()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(tt.sum, sum[0], cmpopts.EquateNaNs()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDeviceLimit(t *testing.T) {
	var rows []row
	for i := range 300 {
		rows = append(rows, row{fmt.Sprint(i / 2), []float64{1}})
	}
	rows = append(rows, row{"\xff", []float64{1}})
	v := values{names: newNames()}
	v.devices([]string{"device_read_bytes"}, rows)
	if len(v.all) != maxDevices {
		t.Errorf("%d series; want %d", len(v.all), maxDevices)
	}
}
