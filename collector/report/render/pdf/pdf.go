package pdf

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
)

//go:embed text.yaml
var textFile []byte

// words are the fixed letters of the format.
type words struct {
	Dash      string `yaml:"dash"`
	Missing   string `yaml:"missing"`
	Separator string `yaml:"list_separator"`
}

// Render prints the document. at is the time that the file says it was made, which
// comes from the data and must not be zero.
func Render(d report.Document, at time.Time, faces Faces) ([]byte, error) {
	var w words
	if err := yaml.Unmarshal(textFile, &w); err != nil {
		return nil, fmt.Errorf("render PDF report: read words: %w", err)
	}
	out, missing, err := print(&d, at, faces, w, "")
	if err == nil && missing != "" { // once more, with the list of them
		out, _, err = print(&d, at, faces, w, fmt.Sprintf(w.Missing, missing))
	}
	if err != nil {
		return nil, fmt.Errorf("render PDF report: %w", err)
	}
	return out, nil
}

func print(d *report.Document, at time.Time, faces Faces, w words, note string) (out []byte, missing string, err error) {
	p := newPress(faces)
	p.SetCatalogSort(true)
	p.SetCreationDate(at.UTC())
	p.SetModificationDate(at.UTC())
	p.SetLang("zh-CN")
	p.SetTitle(d.Provider+" "+d.Period+" "+d.Title, true)
	p.SetAuthor(d.Provider, true)
	p.SetSubject(strings.Join(d.Marks, " "), true)
	p.SetCreator("yunjian", true)
	p.SetAutoPageBreak(false, 0)
	s := &sheets{press: p, words: w, marks: strings.Join(d.Marks, " ")}
	s.turn(false)
	s.title(d)
	s.items(page.Items(d))
	if note != "" {
		s.turn(false)
		s.text(note, s.body, page.SizeThree, plain)
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		return nil, "", err
	}
	out, err = rename(b.Bytes())
	return out, p.codePoints(w.Separator), err
}

// rename gives the embedded subsets the names that readers know subsets by: six
// letters, which depend on what is in the file, and a plus sign.
func rename(file []byte) ([]byte, error) {
	sum := sha256.Sum256(file)
	for i, old := range []string{bodyFont, scriptFont} {
		tag := make([]byte, 6)
		for k := range tag {
			tag[k] = 'A' + sum[6*i+k]%26
		}
		short := map[string]string{bodyFont: "Body", scriptFont: "Kais"}[old]
		from, to := []byte("/utf8"+old), []byte("/"+string(tag)+"+"+short)
		if n := bytes.Count(file, from); len(from) != len(to) || n != 0 && n != 3 {
			return nil, fmt.Errorf("name font %s: it is named %d times in the file; want 3", old, n)
		}
		file = bytes.ReplaceAll(file, from, to)
	}
	return file, nil
}
