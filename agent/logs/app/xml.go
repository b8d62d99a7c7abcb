package app

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The bounds of a document.
const (
	maxElements = 20000
	maxDepth    = 64
)

var errDocument = errors.New("the document is too large or too deep")

// node is an element with its attributes and children. Names are in lower case, because
// the programs do not mind.
type node struct {
	name     string
	attrs    map[string]string
	text     string
	children []*node
	line     int
}

// parseXML reads a document without entities of its own. Its bytes may be UTF-8 or
// GB 18030.
func parseXML(text string) (*node, error) {
	decoder := xml.NewDecoder(strings.NewReader(strings.ToValidUTF8(text, "?")))
	if regexp.MustCompile(`(?i)^[^>]{0,100}encoding=["'](gbk|gb2312|gb18030)["']`).MatchString(text) {
		decoder = xml.NewDecoder(simplifiedchinese.GB18030.NewDecoder().Reader(strings.NewReader(text)))
	}
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	root := &node{}
	open := []*node{root}
	elements := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read document: %w", err)
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if elements++; elements > maxElements || len(open) > maxDepth {
				return nil, errDocument
			}
			line, _ := decoder.InputPos()
			element := &node{name: strings.ToLower(token.Name.Local), attrs: make(map[string]string), line: line}
			for _, attr := range token.Attr {
				element.attrs[strings.ToLower(attr.Name.Local)] = attr.Value
			}
			top.children = append(top.children, element)
			open = append(open, element)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
	if len(root.children) == 0 {
		return nil, errDocument
	}
	return root, nil
}

// child is the first child of a name, or an empty element.
func (n *node) child(name string) *node {
	for _, child := range n.children {
		if child.name == name {
			return child
		}
	}
	return &node{line: n.line}
}

// walk visits all elements below, outer ones first.
func (n *node) walk(visit func(*node)) {
	for _, child := range n.children {
		visit(child)
		child.walk(visit)
	}
}

// propertyTree makes elements of lines such as appender.file.policies.size.size = 10MB:
// every word but the last is an element, the last one an attribute.
func propertyTree(text string) *node {
	root := &node{attrs: make(map[string]string)}
	number, elements := 0, 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		words := strings.Split(strings.TrimSpace(key), ".")
		if len(words) > maxDepth {
			continue
		}
		at := root
		for _, word := range words[:len(words)-1] {
			word = strings.ToLower(word)
			next := at.child(word)
			if next.name == "" {
				if elements++; elements > maxElements {
					return root
				}
				next = &node{name: word, attrs: make(map[string]string), line: number}
				at.children = append(at.children, next)
			}
			at = next
		}
		last := words[len(words)-1]
		if root.child("property") != at {
			last = strings.ToLower(last)
		}
		at.attrs[last] = strings.TrimSpace(value)
	}
	return root
}

// variables are those that the place of a configuration tells.
func variables(name string) map[string]string {
	values := make(map[string]string)
	if dir := path.Dir("/" + name); path.Base(dir) == "conf" {
		values["catalina.base"], values["catalina.home"] = path.Dir(dir), path.Dir(dir)
	}
	return values
}

// expand puts values into ${name} and ${name:-otherwise}; a variable that nobody sets
// becomes wild. date is the prefix of lookups whose value changes with the time.
func expand(text string, values map[string]string) string {
	for range 8 {
		changed := false
		text = regexp.MustCompile(`\$+\{([^${}]*)\}`).ReplaceAllStringFunc(text, func(match string) string {
			changed = true
			name := match[strings.IndexByte(match, '{')+1 : len(match)-1]
			name, otherwise, hasOtherwise := strings.Cut(name, ":-")
			bare := name
			for _, prefix := range []string{"sys:", "env:", "ctx:", "bundle:", "spring:", "main:"} {
				bare = strings.TrimPrefix(bare, prefix)
			}
			switch value, known := values[bare]; {
			case strings.HasPrefix(name, "date:"):
				return wild
			case known:
				return value
			case hasOtherwise:
				return otherwise
			}
			return wild
		})
		if !changed || len(text) > 4096 {
			break
		}
	}
	return text
}
