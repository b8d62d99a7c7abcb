package traces_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/traces"
)

// row writes a line of a table: the first values as given, the rest repeated.
func row(vm, day string, n int, rest string, first ...string) string {
	values := append([]string{}, first...)
	for len(values) < n {
		values = append(values, rest)
	}
	return vm + "," + day + "," + strings.Join(values, ",") + "\n"
}

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read collects everything that Read finds.
func read(t testing.TB, dir fstest.MapFS) (vms []traces.VM, s traces.Summary, problems []string) {
	t.Helper()
	s, err := traces.Read(dir, traces.Options{Problem: func(p traces.Problem) { problems = append(problems, p.String()) }}, func(v traces.VM) error {
		vms = append(vms, v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return vms, s, problems
}

func TestTables(t *testing.T) {
	head := "vm,day,s000\n"
	dir := fstest.MapFS{
		"x_cpu_mhz.csv.gz": {Data: zip(t, head+
			row("10", "2013-07-01", 288, "5", "100", "", "-1", "0.5")+
			row("2", "2013-07-02", 288, "7")+
			row("2", "2013-07-01", 288, "6")+
			row("2", "2013-07-01", 288, "8")+ // the last one wins
			row("2", "2013-07-03", 287, "7")+
			row("3", "2013-02-30", 288, "7")+
			row("3", "2013-07-01", 288, "7", "-2"))},
		"x_mem_mib.csv": {Data: []byte(head +
			row("10", "2013-07-01", 288, "1", "10", "", "-1", "") +
			row("2", "2013-07-01", 288, "2") + row("2", "2013-07-02", 288, "3"))},
		"x_net_rx_bps.csv": {Data: []byte(head + row("2", "2013-07-01", 24, "", "4.5"))},
		"x_capacity.csv":   {Data: []byte("vm,day,cores,cpu_mhz,mem_mib\n2,2013-07-01,2,5200,8192\n2,2013-07-02,0,1,1\n99,2013-07-01,1,1,1\n")},
	}
	vms, s, problems := read(t, dir)
	wantProblems := []string{
		"x_cpu_mhz.csv.gz:6: 287 values; want 288",
		`x_cpu_mhz.csv.gz:7: "2013-02-30" is no day; want 2013-07-01`,
		`x_cpu_mhz.csv.gz:8: value 1: "-2" is out of range`,
		"x_capacity.csv:3: want cores from 1 to 4096, and CPU MHz and memory MiB above 0",
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Error(diff)
	}
	want := traces.Summary{VMs: 2, Days: 3, Known: 3*288 - 2, Missing: 1, Off: 1, Carried: 1, Duplicates: 1, SkippedLines: 4}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	if len(vms) != 2 || vms[0].ID != "2" || vms[1].ID != "10" {
		t.Fatalf("machines %v; want 2 and 10 in the order of numbers", vms)
	}
	first, second, other := &vms[0].Days[0], &vms[0].Days[1], &vms[1].Days[0]
	if first.CPU[5] != 8 || first.MHzPerCore() != 2600 || first.Carried || !second.Carried || second.Cores != 2 || second.MemoryMiB != 8192 {
		t.Errorf("days of machine 2: cores %d and %d, CPU %v", first.Cores, second.Cores, first.CPU[5])
	}
	if a, b := traces.At(first.Receive, 11), traces.At(first.Receive, 12); a != 4.5 || !math.IsNaN(b) {
		t.Errorf("receive rate in slots 11 and 12 = %v, %v; want the first hour's 4.5 and then nothing", a, b)
	}
	states := []traces.State{other.State(0), other.State(1), other.State(2), other.State(3)}
	if diff := cmp.Diff([]traces.State{traces.Known, traces.Missing, traces.PoweredOff, traces.Known}, states); diff != "" {
		t.Error(diff)
	}
	if !math.IsNaN(other.MHzPerCore()) {
		t.Errorf("MHzPerCore() without capacity = %v; want NaN", other.MHzPerCore())
	}
}

const gwaHead = "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\tDisk read throughput [KB/s];\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n"

func TestFolder(t *testing.T) {
	line := func(at int, cores, capacity, used string) string {
		return fmt.Sprintf("%d;\t%s;\t%s;\t%s;\t1.5;\t2097152.0;\t1048576.0;\t0.5;\t1.0;\t0.2;\t3.0\n", at, cores, capacity, used)
	}
	const day = 1372629600 // 2013-07-01 00:00 CEST
	dir := fstest.MapFS{
		"2013-7/7.csv": {Data: []byte(gwaHead + line(day+204, "2", "5200.0", "10.25") + line(day+299, "2", "5200.0", "11.5") +
			line(day+300, "0", "0.0", "0.0") + "x;1\n" + line(day+900, "2", "5200.0", "-3") + line(day+1200, "1.5", "1", "1") + "\n")},
		"2013-8/7.csv": {Data: []byte(strings.ReplaceAll(gwaHead+line(day+31*86400, "4", "10400.0", "20"), "\n", "\r\n"))},
		"8.csv":        {Data: []byte(gwaHead)},
	}
	vms, s, problems := read(t, dir)
	wantProblems := []string{
		`2013-7/7.csv:5: column "timestamp": "x" is no number`,
		`2013-7/7.csv:6: column "cpu usage [mhz]": "-3" is out of range`,
		"2013-7/7.csv:7: 1.5 is no number of cores",
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Error(diff)
	}
	want := traces.Summary{VMs: 1, Days: 2, Known: 2, Missing: 2*288 - 3, Off: 1, Duplicates: 1, SkippedLines: 3}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	d := vms[0].Days[0]
	got := []float64{traces.At(d.CPU, 0), traces.At(d.Memory, 0), traces.At(d.Receive, 0), traces.At(d.Transmit, 0), traces.At(d.DiskRead, 0), traces.At(d.DiskWrite, 0), d.MemoryMiB}
	if diff := cmp.Diff([]float64{11.5, 1024, 200, 3000, 500, 1000, 2048}, got); diff != "" {
		t.Error(diff)
	}
	if d.Date.String() != "2013-07-01" || vms[0].Days[1].Date.String() != "2013-08-01" || vms[0].Days[1].Cores != 4 {
		t.Errorf("days %s, %s", d.Date, vms[0].Days[1].Date)
	}
}

func TestNoTraces(t *testing.T) {
	visit := func(traces.VM) error { return nil }
	if _, err := traces.Read(fstest.MapFS{"readme.txt": {}}, traces.Options{}, visit); !errors.Is(err, traces.ErrLayout) {
		t.Errorf("Read of an empty folder = %v; want ErrLayout", err)
	}
	for name, files := range map[string]fstest.MapFS{
		"no sister files": {"x_cpu_mhz.csv": {Data: []byte("vm,day,s000\n")}},
		"two traces":      {"x_cpu_mhz.csv": {}, "y_cpu_mhz.csv": {}},
		"not gzip":        {"x_cpu_mhz.csv.gz": {Data: []byte("vm,day\n")}},
		"no head":         {"x_cpu_mhz.csv": {Data: []byte("1,2,3\n")}},
		"other CSV":       {"1.csv": {Data: []byte("a;b\n1;2\n")}},
	} {
		if _, err := traces.Read(files, traces.Options{}, visit); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// shared is the folder of the open traces.
func shared(t *testing.T) string {
	t.Helper()
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "data", "traces")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return dir
}

func TestOpenTraces(t *testing.T) {
	months := map[string]int{"2013-07": 31, "2013-08": 31, "2013-09": 30}
	first, last, dates, lacking, sizeless := "9", "", map[string]bool{}, 0, 0
	s, err := traces.Read(os.DirFS(shared(t)), traces.Options{}, func(v traces.VM) error {
		observed := map[string]int{}
		for i := range v.Days {
			d := &v.Days[i]
			date := d.Date.String()
			dates[date], first, last = true, min(first, date), max(last, date)
			if d.Cores == 0 {
				sizeless++
			}
			known, _, off := d.Count()
			observed[date[:7]] += known + off
		}
		for m, days := range months {
			if float64(observed[m]) < 0.9*float64(days*traces.Slots) {
				lacking++
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := traces.Summary{VMs: 350, Days: 30030, Known: 8345874, Missing: 148083, Off: 154683, Carried: 447}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	if first != "2013-07-01" || last != "2013-09-29" || len(dates) != 89 || dates["2013-07-31"] || dates["2013-08-31"] {
		t.Errorf("%s to %s, %d days", first, last, len(dates))
	}
	if s.Carried+sizeless != 523 { // the rest has no earlier day to take a size from
		t.Errorf("%d days without a size of their own; want 523", s.Carried+sizeless)
	}
	if lacking != 73 { // contract, Figures
		t.Errorf("%d machines lack 90 %% in some month; want 73", lacking)
	}
}

func FuzzTables(f *testing.F) {
	f.Add("vm,day,s000\n"+row("1", "2013-07-01", 288, "", "1", "-1", "2.5"), "vm,day,cores\n1,2013-07-01,2,5200,8192\n")
	f.Add("vm,day,\n1,2013-07-01,1,2\n,,\n", "vm,day,\n1,2013-07-01,NaN,1e99,\n")
	f.Fuzz(func(t *testing.T, cpu, capacity string) {
		check(t, fstest.MapFS{
			"x_cpu_mhz.csv": {Data: []byte(cpu)}, "x_mem_mib.csv": {Data: []byte(cpu)}, "x_capacity.csv": {Data: []byte(capacity)},
			"x_net_rx_bps.csv": {Data: []byte(capacity)},
		})
	})
}

func FuzzFolder(f *testing.F) {
	f.Add(gwaHead + "1372629804;\t2;\t5851.99893;\t87.77998;\t1.5;\t8388608.0;\t1034170.9;\t0.0;\t14.26;\t0.26;\t1.06\n")
	f.Add(gwaHead + "1372629804;\t0;\t0;\t0;\t0;\t0;\t0;\t0;\t0;\t0;\t0\n99999999999;1;1;1;1;1;1;1;1;1;1\n")
	f.Fuzz(func(t *testing.T, text string) { check(t, fstest.MapFS{"1.csv": {Data: []byte(text)}}) })
}

// check reads anything and holds what must be true of every trace.
func check(t *testing.T, dir fstest.MapFS) {
	t.Helper()
	slots := 0
	s, err := traces.Read(dir, traces.Options{}, func(v traces.VM) error {
		for i := range v.Days {
			d := &v.Days[i]
			if i > 0 && !v.Days[i-1].Date.Before(d.Date) {
				t.Errorf("day %s follows %s", d.Date, v.Days[i-1].Date)
			}
			for slot := range traces.Slots {
				cpu := traces.At(d.CPU, slot)
				if state := d.State(slot); state == traces.PoweredOff && cpu >= 0 || cpu < 0 && cpu != traces.Off {
					t.Errorf("slot %d: state %d of %v", slot, state, cpu)
				}
			}
			slots += traces.Slots
		}
		return nil
	})
	if err == nil && s.Known+s.Missing+s.Off != slots {
		t.Errorf("%+v are not %d slots", s, slots)
	}
}
