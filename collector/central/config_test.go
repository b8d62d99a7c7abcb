package central

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func parseStores(t *testing.T, text string) ([]Store, error) {
	t.Helper()
	var stores []Store
	d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	d.KnownFields(true)
	if err := d.Decode(&stores); err != nil {
		return nil, err
	}
	for i := range stores {
		stores[i].Complete()
	}
	return stores, Validate(stores)
}

// TestDefaults: a short entry is completed for its kind.
func TestDefaults(t *testing.T) {
	got, err := parseStores(t, `
- {name: es, kind: opensearch, url: "https://os:9200/base/", provider: p, classes: [{class: os-auth, index: logs-*}]}
- {name: loki, kind: loki, url: "http://loki:3100", provider: p, aliases: [ip], classes: [{class: os-login, selector: '{job="a"}'}]}
- {name: ch, kind: clickhouse, url: "http://ch:8123", provider: p, timeout: 5s, classes: [{class: web-access, table: a.b, host_field: "ResourceAttributes['host.name']", filter: {ServiceName: nginx}}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	usual := []Alias{AliasHostID, AliasHostname, AliasInstance}
	want := []Store{
		{Name: "es", Kind: OpenSearch, URL: "https://os:9200/base/", Provider: "p", Aliases: usual, Timeout: 2 * time.Minute, Classes: []Class{{Class: "os-auth", Index: "logs-*", HostField: "host.name", TimeField: "@timestamp"}}},
		{Name: "loki", Kind: Loki, URL: "http://loki:3100", Provider: "p", Aliases: []Alias{AliasIP}, Timeout: 2 * time.Minute, Classes: []Class{{Class: "os-login", Selector: `{job="a"}`, HostField: "host"}}},
		{Name: "ch", Kind: ClickHouse, URL: "http://ch:8123", Provider: "p", Aliases: usual, Timeout: 5 * time.Second, Classes: []Class{{Class: "web-access", Table: "a.b", HostField: "ResourceAttributes['host.name']", TimeField: "timestamp", Filter: map[string]string{"ServiceName": "nginx"}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got[0].Classes[0].Quiet() || !got[1].Classes[0].Quiet() || !(Class{QuietOK: true}).Quiet() {
		t.Error("os-login may be silent by nature, others where the site says so")
	}
}

// TestValidate: each mistake is told in words.
func TestValidate(t *testing.T) {
	es := func(class, rest string) string {
		return "- {name: s, kind: elasticsearch, url: 'https://h:1', provider: p, " + rest + "classes: [{" + class + "}]}"
	}
	other := func(kind, class string) string {
		return "- {name: s, kind: " + kind + ", url: 'https://h:1', provider: p, classes: [{" + class + "}]}"
	}
	const fine = "class: os-auth, index: a"
	for text, want := range map[string]string{
		es(fine, "") + "\n" + es(fine, ""):                                          "stands there twice",
		es(fine, "speed: 1, "):                                                      "field speed not found",
		es(fine+"}, {"+fine, ""):                                                    `class "os-auth" with stream "" stands there twice`,
		es(fine, "username: u, "):                                                   "belong together",
		es(fine, "token_file: a, username: u, password_file: b, "):                  "one way to authenticate",
		es(fine, "immutable: true, "):                                               "say what proves it",
		es(fine, "immutable_reference: x, "):                                        "say what proves it",
		es(fine, "aliases: [mac], "):                                                `alias "mac"`,
		es(fine, "timeout: 1ms, "):                                                  "want 1s to 1h",
		es(fine, "tenant: x, "):                                                     "tenant is for loki",
		es("class: OS, index: a", ""):                                               "want the name of a class",
		es("class: os-auth", ""):                                                    "want an index",
		es("class: os-auth, index: '../_all'", ""):                                  "want an index",
		es("class: os-auth, index: '-a'", ""):                                       "want an index",
		es(fine+", table: x", ""):                                                   "table is not for elasticsearch",
		es(fine+", filter: {a: ''}", ""):                                            "want fields with values",
		other("loki", "class: os-auth, selector: job"):                              "want a selector",
		other("loki", `class: os-auth, selector: '{job="a"}', host_field: 'a b'`):   "want a label",
		other("loki", `class: os-auth, selector: '{job="a"}', time_field: t`):       "time_field is not for loki",
		other("clickhouse", "class: os-auth, table: 'a; DROP TABLE b'"):             "want table or database.table",
		other("clickhouse", "class: os-auth, table: a, host_field: 'x) FROM b --'"): "want a column",
		other("clickhouse", "class: os-auth, table: a, filter: {'x OR 1': a}"):      "want a column",
		other("splunk", fine):                                                       `kind "splunk"`,
		"- {kind: loki}":                                                            "has no name",
		"- {name: s, kind: loki, url: 'https://u:secret@h', provider: p}":           "url holds credentials",
		"- {name: s, kind: loki, url: 'h:9200', provider: p}":                       "want an address",
		"- {name: s, kind: loki, url: 'http://h/?a=b', provider: p}":                "without a query",
		"- {name: s, kind: loki, url: 'http://h'}":                                  "provider is missing",
		"- {name: s, kind: loki, url: 'http://h', provider: p}":                     "nothing would be asked",
		"- {name: s, kind: loki, url: 'http://h', provider: p, ca_file: c}":         "ca_file is for https",
	} {
		if _, err := parseStores(t, text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s\n%v; want it to say %q", text, err, want)
		}
	}
}
