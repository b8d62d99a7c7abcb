package inventory

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/yunjian-io/yunjian/collector/sheet"
)

func TestParseDate(t *testing.T) {
	s, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-01-05": "2026-01-05", "2026-1-5": "2026-01-05", "2026/1/5": "2026-01-05", "2026.01.05": "2026-01-05",
		"2026年1月5日": "2026-01-05", "20260105": "2026-01-05", "46027": "2026-01-05", "46027.0": "2026-01-05",
		"2026-01-05 00:00:00": "2026-01-05", "2026-01-05T00:00:00": "2026-01-05", "２０２６-01-05": "2026-01-05",
		"2026-02-29": "", "2026-13-01": "", "5/1/2026": "", "26-1-5": "", "46027.5": "", "12345": "", "99999": "",
		"2026-01-05 12:00": "", "2026年1月": "", "": "", "next week": "", "0001-01-01": "",
	} {
		got, ok := sheet.ParseDate(text, s.DateMarks, false)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("ParseDate(%q) = %s, %v; want %q", text, got, ok, want)
		}
	}
}

func TestCheckCredit(t *testing.T) {
	for _, code := range []string{creditCode, "91110000802100433B", "9144030071526726XG"} {
		if err := CheckCredit(code); err != nil {
			t.Errorf("CheckCredit(%s): %v", code, err)
		}
		// Every single wrong character, and every swap of unequal neighbours, is found.
		for i := range code {
			for _, c := range creditAlphabet {
				if other := code[:i] + string(c) + code[i+1:]; other != code && CheckCredit(other) == nil {
					t.Errorf("CheckCredit(%s): no error", other)
				}
			}
			if i > 0 && code[i-1] != code[i] {
				other := code[:i-1] + string(code[i]) + string(code[i-1]) + code[i+1:]
				if CheckCredit(other) == nil {
					t.Errorf("CheckCredit(%s), two characters swapped: no error", other)
				}
			}
		}
	}
	for _, code := range []string{"", "91350100m000100y43", "云云云云云云", strings.Repeat("Z", 18), "91350100M000100Y431"} {
		if CheckCredit(code) == nil {
			t.Errorf("CheckCredit(%q): no error", code)
		}
	}
}

func TestTemplate(t *testing.T) {
	data, err := Template()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Template()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("a second template differs: %d and %d bytes, %v", len(data), len(again), err)
	}
	// The template is a valid file that only lacks rows.
	_, problems := parse(t, "t.xlsx", data, "")
	if len(problems) != 1 || !strings.Contains(problems[0], "holds no rows") {
		t.Errorf("problems of the template: %q", problems)
	}
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	s, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	if got := book.GetSheetList(); len(got) != 1+len(s.Tables) || got[0] != "说明" {
		t.Errorf("sheets %q", got)
	}
	// A row written under each head by a person is read back.
	for i, v := range []string{"p9", "新服务商"} {
		if err := book.SetCellStr("云服务商", string(rune('A'+i))+"2", v); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	if got := accept(t, out.Bytes()).Providers; len(got) != 1 || got[0].Name != "新服务商" {
		t.Errorf("providers %+v", got)
	}
}

// TestSchema holds that the tables cannot be mistaken for one another.
func TestSchema(t *testing.T) {
	s, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	sheets := make(map[string]Kind)
	for _, table := range s.Tables {
		for _, name := range table.Sheets {
			if other, taken := sheets[sheet.Plain(name)]; taken {
				t.Errorf("sheet %q is %s and %s", name, other, table.Kind)
			}
			sheets[sheet.Plain(name)] = table.Kind
		}
		heads := make(map[string]string)
		var written []string
		for _, c := range table.Columns {
			written = append(written, c.Heads[0])
			for _, head := range c.Heads {
				if other, taken := heads[sheet.Plain(head)]; taken {
					t.Errorf("%s: head %q is %s and %s", table.Kind, head, other, c.Field)
				}
				heads[sheet.Plain(head)] = c.Field
			}
		}
		if fits := s.byHeads(written); len(fits) != 1 || fits[0].Kind != table.Kind {
			t.Errorf("the heads of %s fit %d tables", table.Kind, len(fits))
		}
	}
	if len(s.Tables) != 10 {
		t.Errorf("%d tables; want 10", len(s.Tables))
	}
}

func FuzzParseCSV(f *testing.F) {
	f.Add([]byte(hostsChinese), "")
	f.Add([]byte("code,name\n91350100M000100Y43,x\n"), "units")
	f.Add([]byte(volumesChinese), "")
	f.Add([]byte("\xff\xfea\x00,\x00b\x00"), "providers")
	f.Add([]byte("id,name\n\"a\"\"b\",c\n\"x"), "providers")
	f.Add([]byte("\xc9\xe7\xbb\xe1,\xb4\xfa\xc2\xeb\n"), "")
	f.Fuzz(func(t *testing.T, data []byte, kind string) {
		if bytes.HasPrefix(data, []byte("PK")) {
			return // FuzzParseXLSX reads workbooks
		}
		b, problems, err := Parse("f.csv", data, Kind(kind), known())
		if err != nil {
			t.Fatal(err)
		}
		if (b.Len() == 0) == (len(problems) == 0) {
			t.Fatalf("%d rows and %d problems; want one or the other", b.Len(), len(problems))
		}
		for _, p := range problems {
			if p.Why == "" || p.Do == "" || p.File != "f.csv" {
				t.Fatalf("problem without a reason, remedy or file: %+v", p)
			}
		}
		for _, h := range b.Hosts {
			if h.ID == "" || h.VCPU < 1 || h.MemoryGiB <= 0 || h.EffectiveFrom.IsZero() || !utf8.ValidString(h.ID) {
				t.Fatalf("host %+v was accepted", h)
			}
		}
		for _, u := range b.Units {
			if err := checkUnit(u.Code); err != nil {
				t.Fatalf("unit %q was accepted, but %v", u.Code, err)
			}
		}
	})
}

func FuzzParseXLSX(f *testing.F) {
	f.Add(workbook(f, whole(f), nil))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, problems, err := Parse("f.xlsx", data, "", Batch{})
		if err != nil || (b.Len() == 0) == (len(problems) == 0) {
			t.Fatalf("%d rows, %d problems, %v", b.Len(), len(problems), err)
		}
	})
}

func FuzzCheckCredit(f *testing.F) {
	f.Add(creditCode)
	f.Add("91110000802100433B")
	f.Add("云000000000000000")
	f.Fuzz(func(t *testing.T, code string) {
		if CheckCredit(code) != nil {
			return
		}
		sum, weight := 0, 1
		for i := range len(code) {
			sum += strings.IndexByte(creditAlphabet, code[i]) * weight
			weight = weight * 3 % 31
		}
		// The last place has weight 3^17, but counts once in the standard's equation.
		last := strings.IndexByte(creditAlphabet, code[17])
		if len(code) != 18 || (sum-last*22+last)%31 != 0 {
			t.Fatalf("%q was accepted", code)
		}
	})
}
