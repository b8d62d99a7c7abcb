package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// command runs the program without a database.
func command(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestJudgeRetentionVectors(t *testing.T) {
	const vector = `{"id":"X1","title":"t","input":{"now":"2026-11-23T10:00:00+08:00"},"expect":{"verdict":"unknown.no_age_evidence","short_days":184}}`
	for _, tt := range []struct {
		name, text string
		code       int
		out, err   string
	}{
		{"holds", "[" + vector + "]", 0, "ok   X1 unknown.no_age_evidence\n1 vectors, 0 failed\n", ""},
		{
			"fails", "[" + strings.Replace(vector, "unknown.no_age_evidence", "compliant", 1) + "]", 1,
			"FAIL X1 verdict: want \"compliant\" got \"unknown.no_age_evidence\"\n1 vectors, 1 failed\n", "",
		},
		{"none", "[]", 1, "0 vectors, 0 failed\n", ""},
		{"is bad", "[" + strings.Replace(vector, "now", "nov", 1) + "]", 1, "", `(id "X1"): input: json: unknown field "nov"`},
	} {
		file := filepath.Join(t.TempDir(), "vectors.json")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errOut := command(t, "judge", "retention", "--vectors", file)
		if diff := cmp.Diff(tt.out, out); diff != "" || code != tt.code || !strings.Contains(errOut, tt.err) {
			t.Errorf("%s: code %d, %q (-want +got):\n%s", tt.name, code, errOut, diff)
		}
	}
	if code, _, errOut := command(t, "judge", "retention", "--vectors", filepath.Join(t.TempDir(), "none")); code != 1 || !strings.Contains(errOut, "read vectors") {
		t.Errorf("a file that is not there: code %d, %q", code, errOut)
	}
}

// TestJudgeRetentionAmendments runs the vectors of the repository, as people would.
func TestJudgeRetentionAmendments(t *testing.T) {
	code, out, errOut := command(t, "judge", "retention", "--json", "--vectors", "../../rules/retention/testdata/amendments.json")
	var got struct {
		Count   int                      `json:"count"`
		Failed  int                      `json:"failed"`
		Vectors []retention.VectorResult `json:"vectors"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if code != 0 || got.Count < 40 || got.Failed != 0 || len(got.Vectors) != got.Count {
		t.Errorf("code %d, %d vectors, %d failed: %s", code, got.Count, got.Failed, errOut)
	}
}
