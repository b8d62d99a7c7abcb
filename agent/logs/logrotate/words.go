package logrotate

import (
	"errors"
	"strings"
)

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

var errQuote = errors.New("a backslash at the end quotes nothing")

// splitWords splits as the popt library does, which logrotate uses for paths
// and its state file: blanks separate, either quote or a backslash protects, a
// quote left open ends with the text, and empty words vanish.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && isSpace(c):
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == '\\':
			if i++; i == len(text) {
				return nil, errQuote
			}
			if quote != 0 && text[i] != quote {
				word.WriteByte('\\')
			}
			word.WriteByte(text[i])
		default:
			word.WriteByte(c)
		}
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words, nil
}

// integer reads as strtol does in base 0: 0x for sixteen, 0 for eight. Negative
// numbers wrap as in C. The rest is what no digit begins.
func integer(text string) (value uint64, rest string) {
	digits := strings.TrimLeft(text, " \t\n\v\f\r")
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	base := uint64(10)
	if strings.HasPrefix(digits, "0") {
		base = 8
		if len(digits) > 2 && (digits[1] == 'x' || digits[1] == 'X') && digit(digits[2]) < 16 {
			base, digits = 16, digits[2:]
		}
	}
	n, over := 0, false
	for ; n < len(digits) && digit(digits[n]) < base; n++ {
		next := value*base + digit(digits[n])
		over = over || value > (1<<64-1)/base || next < value
		value = next
	}
	if n == 0 {
		return 0, text
	}
	if over {
		return 1<<64 - 1, digits[n:]
	}
	if negative {
		value = -value
	}
	return value, digits[n:]
}

func digit(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0')
	case c >= 'a' && c <= 'f':
		return uint64(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return uint64(c-'A') + 10
	}
	return 99
}

// size reads bytes with the units k, K, M and G, wrapping as the program does.
func size(text string) (int64, bool) {
	factor := uint64(1)
	switch last := text[len(text)-1]; {
	case last == 'k' || last == 'K':
		factor = 1 << 10
	case last == 'M':
		factor = 1 << 20
	case last == 'G':
		factor = 1 << 30
	case last < '0' || last > '9':
		return 0, false
	}
	if factor > 1 {
		text = text[:len(text)-1]
	}
	value, rest := integer(text)
	bytes := int64(value * factor)
	return bytes, rest == "" && bytes >= 0
}

// shown is as much of a foreign word as a message may hold. Comments are not ours to keep.
func shown(text string) string {
	text, _, _ = strings.Cut(text, "#")
	return text[:min(len(text), 40)]
}
