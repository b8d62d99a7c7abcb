package docx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDocument bounds what is read of a document, in bytes.
const maxDocument = 256 << 20

// wordSpace is the namespace of WordprocessingML.
const wordSpace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

// ErrNotDOCX is returned for a file that is not a DOCX document.
var ErrNotDOCX = errors.New("not a DOCX document")

// Written returns what persons wrote into the content controls of a document, by
// their tags; paragraphs become lines. A control that shows its placeholder, or
// nothing, is left out, and so is text equal to absent, which stands where nothing
// was written.
func Written(data []byte, absent string) (map[string]string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w: %w", ErrNotDOCX, err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w: %w", ErrNotDOCX, err)
	}
	defer f.Close()
	r := &reader{out: map[string]string{}, absent: absent}
	d := xml.NewDecoder(io.LimitReader(f, maxDocument))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return r.out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read what was written: word/document.xml: %w", err)
		}
		r.token(token)
	}
}

// open is a content control that is being read.
type open struct {
	tag         string
	placeholder bool
	text        strings.Builder
}

// reader gathers text into all controls that are open; deleted text is none.
type reader struct {
	out    map[string]string
	absent string
	stack  []*open
	run    bool // inside of w:r, outside of which a tab is a setting
	text   bool // inside of w:t
}

func (r *reader) token(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		if t.Name.Space == wordSpace {
			r.start(t)
		}
	case xml.CharData:
		if r.text {
			r.add(string(t))
		}
	case xml.EndElement:
		if t.Name.Space == wordSpace {
			r.end(t.Name.Local)
		}
	}
}

func (r *reader) start(t xml.StartElement) {
	switch t.Name.Local {
	case "sdt":
		r.stack = append(r.stack, &open{})
	case "tag":
		if n := len(r.stack); n > 0 && r.stack[n-1].text.Len() == 0 {
			for _, a := range t.Attr {
				if a.Name.Local == "val" {
					r.stack[n-1].tag = a.Value
				}
			}
		}
	case "showingPlcHdr":
		if n := len(r.stack); n > 0 {
			r.stack[n-1].placeholder = true
			for _, a := range t.Attr {
				if a.Name.Local == "val" && (a.Value == "0" || a.Value == "false") {
					r.stack[n-1].placeholder = false
				}
			}
		}
	case "r":
		r.run = true
	case "t":
		r.text = true
	case "tab":
		if r.run {
			r.add("\t")
		}
	case "br", "cr":
		r.add("\n")
	}
}

func (r *reader) end(name string) {
	switch name {
	case "r":
		r.run = false
	case "t":
		r.text = false
	case "p":
		r.add("\n")
	case "sdt":
		n := len(r.stack) - 1
		if n < 0 {
			return
		}
		last := r.stack[n]
		r.stack = r.stack[:n]
		text := strings.Trim(last.text.String(), "\n\t \u3000")
		if last.tag != "" && !last.placeholder && text != "" && text != r.absent {
			r.out[last.tag] = text
		}
	}
}

func (r *reader) add(s string) {
	for _, o := range r.stack {
		o.text.WriteString(s)
	}
}
