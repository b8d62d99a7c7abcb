package engine

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	compare := cmp.AllowUnexported(statement{})
	for _, test := range []struct {
		text   string
		inline bool
		want   statement
	}{
		{"SELECT 1", true, statement{reading, "SELECT 1", "", ""}},
		{" /* a;b */ select 1 ; -- end", true, statement{reading, " /* a;b */ select 1 ", "", ""}},
		{"SELECT ';' AS `;`, $x$ ; $x$, \"a\"\"; b\", 'it''s; \\'' FORMAT CSV", true, statement{reading, "SELECT ';' AS `;`, $x$ ; $x$, \"a\"\"; b\", 'it''s; \\'' FORMAT CSV", "CSV", ""}},
		{"SELECT 1 AS format FROM t", true, statement{reading, "SELECT 1 AS format FROM t", "", ""}},
		{"SELECT format FROM t", true, statement{reading, "SELECT format FROM t", "", ""}},
		{"SELECT 1 FORMAT Native SETTINGS a = 1", true, statement{reading, "SELECT 1 FORMAT Native SETTINGS a = 1", "Native", ""}},
		{"(SELECT 1) UNION ALL (SELECT 2)", true, statement{reading, "(SELECT 1) UNION ALL (SELECT 2)", "", ""}},
		{"SHOW TABLES FORMAT CSV", true, statement{other, "SHOW TABLES FORMAT CSV", "CSV", ""}},
		{"set a = 1", true, statement{tuning, "set a = 1", "", ""}},
		{"CREATE OR REPLACE TEMPORARY TABLE t (a UInt8)", true, statement{tuning, "CREATE OR REPLACE TEMPORARY TABLE t (a UInt8)", "", ""}},
		{"CREATE TABLE t (temporary UInt8) ENGINE = Memory", true, statement{other, "CREATE TABLE t (temporary UInt8) ENGINE = Memory", "", ""}},
		{"INSERT INTO t (a, b) FORMAT Native", false, statement{filling, "INSERT INTO t (a, b)", "Native", ""}},
		{"INSERT INTO t SETTINGS a = 1 FORMAT CSV \r\n1,2;3\n", true, statement{filling, "INSERT INTO t SETTINGS a = 1", "CSV", "1,2;3\n"}},
		{"INSERT INTO TABLE format FORMAT CSV\n\n", true, statement{filling, "INSERT INTO TABLE format", "CSV", "\n"}},
		{"INSERT INTO db.values (`format`) VALUES", false, statement{filling, "INSERT INTO db.values (`format`)", "Values", ""}},
		{"INSERT INTO t VALUES", true, statement{other, "INSERT INTO t VALUES", "", ""}},
		{"INSERT INTO t VALUES (';')", false, statement{other, "INSERT INTO t VALUES (';')", "", ""}},
		{"INSERT INTO t SELECT 1;", false, statement{other, "INSERT INTO t SELECT 1", "", ""}},
		{"INSERT INTO FUNCTION null('n UInt8') SELECT 1", false, statement{other, "INSERT INTO FUNCTION null('n UInt8') SELECT 1", "", ""}},
	} {
		got, err := split(test.text, test.inline)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if diff := cmp.Diff(test.want, got, compare); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
	for _, text := range []string{
		"", " ", "-- only a comment", ";", "SELECT 1; SELECT 2", "SELECT 1 /* ; */ ; x", "DROP TABLE a; DROP TABLE b",
		"INSERT INTO t VALUES (1); DROP TABLE t", "INSERT INTO t SELECT 1; SELECT 2", "INSERT INTO t FORMAT", "INSERT INTO t FORMAT ;",
	} {
		if got, err := split(text, true); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"SELECT 1", "INSERT INTO t (a) FORMAT Native", "INSERT INTO t FORMAT CSV\n1,2\n", "INSERT INTO t VALUES (1, 'a''b\\'')",
		"WITH 1 AS x SELECT x FORMAT JSON SETTINGS a=1;", "SELECT $tag$ ; $tag$ -- ;\n, `a``b`", "/* /* */ SELECT 1", "SELECT '\\", "# c\nSHOW TABLES", "$", "$a",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, inline bool) {
		st, err := split(text, inline)
		if err != nil {
			return
		}
		if st.text == "" {
			t.Fatalf("%q: an empty statement was let through", text)
		}
		if !strings.Contains(text, st.text) || !strings.HasSuffix(text, st.data) {
			t.Fatalf("%q: statement %q and data %q are not parts of it", text, st.text, st.data)
		}
		if st.kind == filling && st.format == "" {
			t.Fatalf("%q: an insert with data has no format", text)
		}
		if st.kind == filling {
			return
		}
		// What was found to be one statement is one when it is looked at again.
		again, err := split(st.text, inline)
		if err != nil {
			t.Fatalf("%q: accepted first, then: %v", text, err)
		}
		if diff := cmp.Diff(st, again, cmp.AllowUnexported(statement{})); diff != "" {
			t.Fatalf("%q: looked at again (-first +second):\n%s", text, diff)
		}
	})
}

func FuzzParseParameters(f *testing.F) {
	f.Add("query=SELECT+1&default_format=Native&client_protocol_version=54460&database=default&max_execution_time=14")
	f.Add("param_a=1&param_b=x%00&query_id=7&compress=1")
	f.Add("a%3D1%2C+b=1&session_timezone=Asia/Shanghai&query_id=a%0D%0Ab")
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q, _, err := parseParameters(values, http.Header{})
		if err != nil {
			if !isException(err) {
				t.Fatalf("%q: error %v is no exception", text, err)
			}
			return
		}
		if strings.ContainsAny(q.id, "\r\n") || q.id == "" || !isName(q.format) {
			t.Fatalf("%q: query id %q, format %q", text, q.id, q.format)
		}
		for name := range q.settings {
			if !isName(name) {
				t.Fatalf("%q: setting %q is no name", text, name)
			}
		}
	})
}

func TestParseException(t *testing.T) {
	for text, want := range map[string]exception{
		"Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)":                  {60, "Unknown table. (UNKNOWN_TABLE)"},
		"Code: 241. DB::Exception: Code: 241. DB::Exception: Memory limit. (M) \n": {241, "Memory limit. (M)"},
		"Code: 445. DB::ErrnoException: No. (CANNOT_MPROTECT)":                     {445, "No. (CANNOT_MPROTECT)"},
		"nothing known": {49, "nothing known"},
		"Code: 99999999999999999999. DB::Exception: x": {49, "Code: 99999999999999999999. DB::Exception: x"},
	} {
		if diff := cmp.Diff(want, *parseException(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestHelloBlock(t *testing.T) {
	const columns = "\rdisplayName()\x06String%\x01d\tversion()\x06String%\x01v\nrevision()\x06UInt32%\x00\x00\x00\x00\ntimezone()\x06String%\x01z"
	for revision, want := range map[uint64]string{
		0:     "\x04\x01" + strings.ReplaceAll(columns, "%", ""),
		54460: "\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01" + strings.ReplaceAll(columns, "%", "\x00"),
	} {
		if diff := cmp.Diff(want, string(helloBlock(revision, "d", "v", "z"))); diff != "" {
			t.Errorf("revision %d (-want +got):\n%s", revision, diff)
		}
	}
}
