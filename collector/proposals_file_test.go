package collector

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

func TestParseEvent(t *testing.T) {
	size := &rightsize.Size{VCPU: 6, MemoryMiB: 12288}
	until := calendar.Date{Year: 2027, Month: 3, Day: 31}
	for _, tt := range []struct {
		kind       proposal.Kind
		name, text string
		want       proposal.Data
	}{
		{
			proposal.KindReply, "r.csv", "\ufeffhost, answer,target_vcpu,target_memory_gib,reason\n007,部分同意,6,12,\n\n,,,,\np/b,不同意,,,业务高峰\n",
			proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{{Host: "007", Answer: proposal.Partly, Target: size}, {Host: "p/b", Answer: proposal.Disagree, Why: proposal.BusinessPeak}}}},
		},
		{
			proposal.KindReview, "r.YAML", "no: '12'\nitems:\n  - {host: '007', decision: 维持, exemption_until: 2027-03-31}\n  - {host: b, decision: adjusted, final_target: {vcpu: 6, memory_mib: 12288}}\n",
			proposal.Data{Review: &proposal.Review{No: "12", Items: []proposal.ItemReview{{Host: "007", Decision: proposal.DecideKeep, ExemptionUntil: until}, {Host: "b", Decision: proposal.DecideAdjusted, FinalTarget: size}}}},
		},
		{
			proposal.KindImplement, "i.csv", "host,after_vcpu,after_memory_gib,reclaim_backup,reclaim_logs_from,reclaim_logs_to,reclaim_logs_whole\na,6,12,B,2027-03-31,2027-03-31,true\n",
			proposal.Data{Implement: &proposal.Implement{Items: []proposal.ItemChange{{Host: "a", After: size, Reclaim: &proposal.ReclaimProof{Backup: "B", LogsFrom: until, LogsTo: until, LogsWhole: true}}}}},
		},
		{
			proposal.KindVerify, "v.json", `{"items": [{"host": "a", "cpu_p95": 0.5, "alerts": 2}], "note": "n"}`,
			proposal.Data{Verify: &proposal.Verify{Items: []proposal.ItemMeasure{{Host: "a", CPUP95: new(0.5), Alerts: 2}}, Note: "n"}},
		},
	} {
		got, err := ParseEvent(tt.kind, tt.name, []byte(tt.text))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
	for _, tt := range []struct{ name, text, want string }{
		{"r.txt", "", "want a file that ends in"},
		{"r.csv", "", "read heads"},
		{"r.csv", "host,colour\na,red\n", `unknown field "colour"`},
		{"r.csv", "host,target_vcpu\na,many\n", `line 2: column "target_vcpu": "many" is no number`},
		{"r.csv", "host,answer\na\n", "wrong number of fields"},
		{"r.yaml", "", "the file is empty"},
		{"r.yaml", "items: [{host: a, host: b}]", "given twice"},
		{"r.yaml", "items: []\n---\nitems: []", "one document"},
		{"r.yaml", "a: &x {}\nb: *x", "anchors"},
		{"r.yaml", "items: [{host: a, colour: red}]", `unknown field "colour"`},
		{"r.yaml", "items: [{host: [a]}]", "cannot unmarshal"},
		{"r.yaml", strings.Repeat("[", 30) + strings.Repeat("]", 30), "too deeply"},
	} {
		if got, err := ParseEvent(proposal.KindReply, tt.name, []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.name) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %+v, %v; want an error with the file and %q", tt.text, got, err, tt.want)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add(0, []byte("host,answer\na,agree\n"))
	f.Add(1, []byte("items: [{host: a, target: {memory_gib: 1}}]"))
	f.Add(2, []byte(`{"items": [{"host": "a"}]}`))
	f.Fuzz(func(t *testing.T, form int, data []byte) {
		kinds := proposal.Kinds()
		kind := kinds[uint(form)%uint(len(kinds))]
		for _, name := range []string{"a.csv", "a.yaml"} {
			if _, err := ParseEvent(kind, name, data); err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("%v does not name the file", err)
			}
		}
	})
}
