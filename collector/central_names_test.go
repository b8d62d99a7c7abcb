package collector

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// TestHostNamesFind: names are compared without case; a host name matches with or
// without its domain, but never another domain; what two hosts share is nobody's.
func TestHostNamesFind(t *testing.T) {
	name := func(id, kind, text string) store.HostName {
		return store.HostName{Provider: "p", HostID: id, Kind: kind, Name: text}
	}
	names := namesOf([]store.HostName{
		name("i-1", "host_id", "i-1"), name("i-1", "hostname", "Web01.gov.cn"), name("i-1", "instance", "10.0.0.5:9100"), name("i-1", "machine_id", "clone"),
		name("i-2", "host_id", "i-2"), name("i-2", "hostname", "db01"), name("i-2", "instance", "[2001:db8::1]:9100"), name("i-2", "machine_id", "clone"),
		name("i-3", "hostname", "app.a.cn"), name("i-4", "hostname", "app.b.cn"), name("i-5", "hostname", "10"),
		{Provider: "q", HostID: "other", Kind: "hostname", Name: "web01"},
	})
	all := []string{"host_id", "hostname", "machine_id", "instance", "ip"}
	for _, tt := range []struct {
		name    string
		aliases []string
		want    string
	}{
		{"i-1", all, "i-1"},
		{"I-1", all, "i-1"},
		{"web01", all, "i-1"},
		{"WEB01.GOV.CN", all, "i-1"},
		{"web01.other.cn", all, ""},
		{"db01.anything", all, "i-2"},
		{"app.a.cn", all, "i-3"},
		{"app", all, ""},
		{"clone", all, ""},
		{"10.0.0.5", all, "i-1"},
		{"10.0.0.5:514", all, "i-1"},
		{"10.0.0.5", []string{"hostname"}, ""},
		{"2001:db8::1", []string{"ip"}, "i-2"},
		{"::ffff:10.0.0.5", []string{"ip"}, "i-1"},
		{"10.0.0.5:9100", []string{"instance"}, "i-1"},
		{"web01", []string{"host_id"}, ""},
		{"", all, ""},
	} {
		id, ok := names["p"].find(tt.name, tt.aliases)
		if !ok {
			id = ""
		}
		if id != tt.want {
			t.Errorf("find(%q, %v) = %q; want %q", tt.name, tt.aliases, id, tt.want)
		}
	}
	if id, ok := names["q"].find("web01", all); id != "other" || !ok {
		t.Errorf("of another provider: %q", id)
	}
	if id, ok := hostNames(nil).find("web01", all); ok {
		t.Errorf("of an unknown provider: %q", id)
	}
}

func TestRemoves(t *testing.T) {
	var got []string
	for _, p := range []retention.Policy{retention.Never{}, retention.Age{Days: 200}, retention.Age{Days: 180, SpanDays: 30.5}, nil} {
		got = append(got, removes(CentralSurvey{Retention: p}))
	}
	if diff := cmp.Diff([]string{"never", "after 200 d", "after 180 d, less 30.5 d", "unknown"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
