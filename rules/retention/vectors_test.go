package retention

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readVectors(t testing.TB, path string) []Vector {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		if os.Getenv("CI") == "true" || filepath.Base(filepath.Dir(path)) == "testdata" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	vectors, err := ReadVectors(raw)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func checkVector(t *testing.T, v Vector) VectorResult {
	t.Helper()
	got := v.Run()
	for _, d := range got.Differences {
		t.Errorf("%s %s: %s is %s; want %s (verdict %s)", v.ID, v.Title, d.Key, d.Got, d.Want, got.Verdict)
	}
	return got
}

// TestPublishedVectors runs the 52 vectors of the specification; one of them is
// changed by an amendment and is told with both outcomes.
func TestPublishedVectors(t *testing.T) {
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	vectors := readVectors(t, filepath.Join(root, "domain", "log-retention-vectors.json"))
	if len(vectors) != 52 {
		t.Fatalf("read %d vectors; want 52", len(vectors))
	}
	var amended []string
	for _, v := range vectors {
		if r := checkVector(t, v); r.Amendment != "" {
			amended = append(amended, v.ID+" "+r.Verdict+", as published "+r.Published)
		}
	}
	if diff := cmp.Diff([]string{"V52 at_risk, as published at_risk"}, amended); diff != "" {
		t.Errorf("amended vectors (-want +got):\n%s", diff)
	}
}

// TestAmendments runs our own vectors, one or more for each amendment of the
// specification, in the published form.
func TestAmendments(t *testing.T) {
	vectors := readVectors(t, filepath.Join("testdata", "amendments.json"))
	for _, v := range vectors {
		checkVector(t, v)
	}
	if len(vectors) < 40 {
		t.Errorf("read %d vectors; want all of them", len(vectors))
	}
}

const sound = `{"id":"X1","title":"t","input":{"now":"2026-11-23T10:00:00+08:00"},"expect":{"verdict":"compliant","reasons":[]}}`

// TestReadVectorsRefuses: a file that could be misread is refused, with the vector.
func TestReadVectorsRefuses(t *testing.T) {
	change := func(old, with string) string { return "[" + strings.Replace(sound, old, with, 1) + "]" }
	for _, tt := range []struct{ text, want string }{
		{`{"id":"V01"}`, "want a JSON array"},
		{`[` + sound + `,` + sound + `]`, `vector 2: the id "X1" is taken`},
		{change(`"id":"X1",`, ``), `vector 1 (id ""): it has no id`},
		{change(`"input":{"now":"2026-11-23T10:00:00+08:00"},`, ``), `(id "X1"): it has no input`},
		{change(`"now"`, `"nowadays"`), `(id "X1"): input: json: unknown field "nowadays"`},
		{change(`"now":"2026-11-23T10:00:00+08:00"`, ``), `(id "X1"): input: now is missing`},
		{change(`"now":"2026-11-23T10`, `"now":"today 2026-11-23T10`), `(id "X1"): input: `},
		{change(`"now"`, `"downtime":[["2026-11-23T10:00:00+08:00"]],"now"`), `(id "X1"): input: downtime 1`},
		{change(`"now"`, `"policy":{"type":"rotatelogs"},"now"`), `(id "X1"): input: policy: unknown type "rotatelogs"`},
		{change(`"now"`, `"policy":{"type":"never","rotat":4},"now"`), `(id "X1"): input: policy: json: unknown field "rotat"`},
		{change(`{"verdict":"compliant","reasons":[]}`, `{}`), `(id "X1"): it expects nothing`},
		{change(`"verdict"`, `"verdikt"`), `(id "X1"): expect: unknown key "verdikt": want D_full, D_star`},
	} {
		if _, err := ReadVectors([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.80s: %v; want an error that says %q", tt.text, err, tt.want)
		}
	}
}

// TestVectorDiffers: a vector that does not hold says what was wanted and what came out.
func TestVectorDiffers(t *testing.T) {
	vectors, err := ReadVectors([]byte("[" + sound + "]"))
	if err != nil {
		t.Fatal(err)
	}
	want := VectorResult{ID: "X1", Title: "t", Verdict: "unknown.no_age_evidence", Differences: []VectorDifference{
		{Key: "reasons", Want: `[]`, Got: `["no_age_evidence"]`},
		{Key: "verdict", Want: `"compliant"`, Got: `"unknown.no_age_evidence"`},
	}}
	got := vectors[0].Run()
	if diff := cmp.Diff(want, got); diff != "" || got.OK() {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzReadVectors(f *testing.F) {
	f.Add([]byte("[" + sound + "]"))
	f.Add([]byte(`[{"id":"V52","input":{"now":"2026-11-23T10:00:00+08:00","policy":{"type":"any","policies":[{"type":"count","keep":3,"file_bytes":9}]},"forward":{"remote":{"newest":"2026-11-23T09:30:00+08:00"}}},"expect":{"G_days":1}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		vectors, err := ReadVectors(data)
		if err != nil {
			return
		}
		for _, v := range vectors {
			if year := v.input.Now.Year(); year < 1900 || year > 2200 {
				continue // a clock of the collector that far off is none
			}
			if r := v.Run(); r.Verdict == "" || r.ID == "" {
				t.Errorf("%+v", r)
			}
		}
	})
}
