package rightsize

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/yunjian-io/yunjian/rules/dated"
)

func TestSettingsRefused(t *testing.T) {
	good := string(embeddedSettings)
	for _, tt := range []struct{ old, new, want string }{
		{"schema: 1", "schema: 2", "schema: want 1"},
		{"version: 1", "version: 0", "version: want"},
		{"policy: risk", "policy: guess", "policy: want risk"},
		{"cpu_risk_budget: 0.01", "cpu_risk_budget: 1.5", "cpu_risk_budget: want"},
		{"max_cut: 0.50", "max_cut: 0", "max_cut: want"},
		{"min_days: 14", "min_days: 0", "min_days: want"},
		{"history_months: 3", "history_months: 3\nextra: 1", "extra"},
		{"min_vcpu: 1", "---\nmin_vcpu: 1", "one document"},
	} {
		if !strings.Contains(good, tt.old) {
			t.Errorf("%q is not in the file", tt.old)
		}
		_, err := ParseSettings("s.yaml", []byte(strings.Replace(good, tt.old, tt.new, 1)))
		if err == nil || !strings.Contains(err.Error(), "s.yaml") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v; want an error with the file and %q", tt.new, err, tt.want)
		}
	}
}

func TestSettingsByDay(t *testing.T) {
	later := strings.NewReplacer("version: 1", "version: 2", "2017-08-01", "2026-11-01", "max_cut: 0.50", "max_cut: 0.25").Replace(string(embeddedSettings))
	all, err := LoadSettings(fstest.MapFS{"b.yaml": {Data: embeddedSettings}, "a.yaml": {Data: []byte(later)}})
	if err != nil {
		t.Fatal(err)
	}
	if before, after := dated.On(all, decided.AddDays(-1)).MaxCut, dated.On(all, decided).MaxCut; before != 0.5 || after != 0.25 {
		t.Errorf("the cut is %v before and %v from the day of effect; want 0.5 and 0.25", before, after)
	}
}

// TestPolicies: any published rule may stand behind the proposals. Its need is never
// undercut, the limits of the settings hold, and the risk is told beside it.
func TestPolicies(t *testing.T) {
	hosts := fleet(40)
	for _, p := range Peers() {
		a := advisor(t)
		a.Settings.Policy = p.Name
		if err := a.Settings.check("test"); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		cut := 0
		for i, r := range recommended(a, assessed(t, a, hosts...)) {
			if r.Policy != p.Name || r.SettingsVersion != a.Settings.Version {
				t.Errorf("%s: the recommendation names %s of version %d", p.Name, r.Policy, r.SettingsVersion)
			}
			if r.Action != Downsize {
				continue
			}
			cut++
			need, ok := p.Need(hosts[i].History)
			if !ok || r.Target.VCPU < need.CPU || r.Target.MemoryMiB < need.Memory {
				t.Errorf("%s: %s gets %v, and needs %v", p.Name, r.HostID, r.Target, need)
			}
			if r.Target.VCPU < r.Current.VCPU*(1-a.Settings.MaxCut) || r.CPURisk == nil || r.MemoryRisk == nil {
				t.Errorf("%s: %s goes from %v to %v with risks %v, %v", p.Name, r.HostID, r.Current, r.Target, r.CPURisk, r.MemoryRisk)
			}
		}
		if (cut > 0) == (p.Name == "keep") {
			t.Errorf("%s: %d of %d hosts are cut", p.Name, cut, len(hosts))
		}
	}
}
