package typeface_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

func collection(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile("/usr/share/fonts/truetype/arphic/" + name)
	if errors.Is(err, os.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip("no typeface: apt install fonts-arphic-uming fonts-arphic-ukai")
	} else if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFaces(t *testing.T) {
	for file, names := range map[string][2]string{"uming.ttc": {"CN", "TW"}, "ukai.ttc": {"CN", "HK"}} {
		data := collection(t, file)
		for _, word := range names {
			face, err := typeface.Parse(data, word)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(face.Name(), "AR PL U") || !strings.HasSuffix(face.Name(), word) {
				t.Errorf("%s: got face %q; want that of %s", file, face.Name(), word)
			}
			for r, want := range map[rune]bool{'云': true, '堃': true, '喆': true, '镕': true, '〓': true, '-': true, '\u2212': false, '\U00020BB7': false} {
				if got := face.Has(r); got != want {
					t.Errorf("%s has %U: %t; want %t", face.Name(), r, got, want)
				}
			}
			// The file of one face is read as the same face again.
			again, err := typeface.Parse(face.TrueType(), "")
			if err != nil || again.Name() != face.Name() || !again.Has('鉴') {
				t.Errorf("%s taken out of its collection: %v", face.Name(), err)
			}
		}
	}
}

func TestNotAFont(t *testing.T) {
	for _, file := range []string{"", "ttcf", "OTTO" + strings.Repeat("\x00", 20), "ttcf\x00\x01\x00\x00\xff\xff\xff\xff" + strings.Repeat("\x00", 40), "ttcf\x00\x01\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff"} {
		if face, err := typeface.Parse([]byte(file), ""); err == nil {
			t.Errorf("%q was read as %q", file, face.Name())
		}
	}
}

// A damaged collection gives an error, never a panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00name\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x10"))
	f.Add([]byte("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if face, err := typeface.Parse(file, "CN"); err == nil {
			face.Has('a')
		}
	})
}
