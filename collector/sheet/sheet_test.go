package sheet

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func gbk(t testing.TB, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GBK.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// One file in each encoding reads the same; a file of two is refused by line.
func TestEncodings(t *testing.T) {
	const text = "名称,说明\n甲厅,一\n乙局,二\n"
	want := []Table{{HeadLine: 1, Heads: []string{"名称", "说明"}, Rows: []Row{{2, []string{"甲厅", "一"}}, {3, []string{"乙局", "二"}}}}}
	for name, data := range map[string]string{"UTF-8": text, "with mark": "\xef\xbb\xbf" + text, "GBK": gbk(t, text)} {
		wrong := NewProblems("f")
		got := Read([]byte(data), wrong)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Table{})); diff != "" || wrong.Len() > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, wrong.Sorted(), diff)
		}
	}
	for _, c := range []struct{ data, want string }{
		{text + gbk(t, "丙委,三\n"), "f: mixes encodings: line 4 is GBK, line 1 is UTF-8; save it as CSV in UTF-8"},
		{gbk(t, text+"丙委,三\n") + "丁所,四\n戊院,五\n", "f: mixes encodings: line 5 is UTF-8, line 1 is GBK; save it as CSV in UTF-8"},
	} {
		wrong := NewProblems("f")
		if got := Read([]byte(c.data), wrong); got != nil || wrong.Len() != 1 || wrong.Sorted()[0].String() != c.want {
			t.Errorf("Read() = %v, %v; want %q", got, wrong.Sorted(), c.want)
		}
	}
}

func TestLongValueIsCut(t *testing.T) {
	p := NewProblems("f")
	p.Add(Problem{Value: strings.Repeat("云", 500)})
	if n := len([]rune(p.Sorted()[0].Value)); n != 100 {
		t.Errorf("a value of %d characters; want 100", n)
	}
}
