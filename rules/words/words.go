// Package words puts values into sentences.
package words

import "strings"

// Fill puts values in place of the names in braces, each in one pass, so that a value with
// braces stays what it is. A name for which there is no value stays as it stands.
func Fill(text string, value func(name string) (string, bool)) string {
	at := strings.IndexByte(text, '{')
	if at < 0 {
		return text
	}
	var out strings.Builder
	out.Grow(2 * len(text))
	for ; at >= 0; at = strings.IndexByte(text, '{') {
		out.WriteString(text[:at])
		text = text[at:]
		if end := strings.IndexByte(text, '}'); end > 0 {
			if v, ok := value(text[1:end]); ok {
				out.WriteString(v)
				text = text[end+1:]
				continue
			}
		}
		out.WriteByte('{')
		text = text[1:]
	}
	out.WriteString(text)
	return out.String()
}
