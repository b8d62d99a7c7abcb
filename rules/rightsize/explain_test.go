package rightsize

import (
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// TestExplanations: every action says in both languages what it rests on, what it is
// worth, how sure it is and what would change it.
func TestExplanations(t *testing.T) {
	a := advisor(t)
	a.Catalog = catalog()
	size, used := Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 200}, 30.0
	daily := flat(3, size, 0.2, 1500)
	for i := range daily.CPU {
		if hour := i % SlotsPerDay / 12; hour >= 9 && hour < 18 {
			daily.CPU[i] = 0.9
		}
	}
	short := flat(1, size, 0.3, 1500)
	resized := flat(3, size, 0.3, 1500)
	resized.Since = decided.AddDays(-10)
	rising := flat(3, size, 0.3, 1500)
	for i := range rising.CPU {
		day := float64(i / SlotsPerDay)
		rising.CPU[i], rising.Memory[i] = 0.2+day*0.01, 1500+day*20
	}
	holes := flat(3, size, 0.3, 1500)
	for i := range holes.CPU {
		if i%4 == 0 {
			holes.CPU[i], holes.Memory[i] = math.NaN(), math.NaN()
		}
	}
	small := Size{VCPU: 1, MemoryMiB: 2048}
	hosts := []Host{
		{HostID: "daily", Flavor: "c4.2", History: daily},
		{HostID: "short", History: short},
		{HostID: "resized", History: resized},
		{HostID: "rising", History: rising},
		{HostID: "holes", History: holes},
		{HostID: "idle", History: flat(3, size, 0.01, 400), Reclaim: "连续 30 日闲置"},
		{HostID: "hot", History: flat(3, size, 3.5, 5000)},
		{HostID: "disk", History: flat(3, Size{VCPU: 2, MemoryMiB: 4096, DiskGiB: 200}, 1.2, 3000), StorageUsedGiB: &used},
		{HostID: "nothing", History: flat(0, size, 0, 0)},
		{HostID: "m1", System: "s", History: flat(3, small, 0.05, 500)},
		{HostID: "m2", System: "s", History: flat(3, small, 0.05, 500)},
	}
	var b strings.Builder
	for _, r := range recommended(a, assessed(t, a, hosts...)) {
		b.WriteString(r.HostID + "\n" + r.Chinese + "\n" + r.English + "\n\n")
		for _, text := range []string{r.Chinese, r.English} {
			if strings.ContainsAny(text, "{}") || text == "" {
				t.Errorf("%s: a value is missing in %q", r.HostID, text)
			}
		}
	}
	const file = "testdata/explanations.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("explanations (-want +got):\n%s", diff)
	}
}
