package logrotate

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// directive carries out one keyword; r.pos is on the byte after it.
func (r *reader) directive(word string, at Origin) verdict {
	s := r.current
	if flag, value := s.flag(word); flag != nil {
		*flag = Setting[bool]{value, at}
		switch word { // each of the two ways to copy cancels the other
		case "copytruncate":
			s.RenameCopy = Setting[bool]{false, at}
		case "renamecopy":
			s.CopyTruncate = Setting[bool]{false, at}
		}
		return fine
	}
	switch word {
	case "hourly", "daily", "monthly", "yearly":
		s.Criterion = Setting[Criterion]{Criterion{Every: Every(word)}, at}
		return fine
	case "weekly":
		return r.weekly(at)
	case "size", "minsize", "maxsize":
		return r.size(word, at)
	case "rotate":
		return r.number(&s.Rotate, -1, at)
	case "start":
		return r.number(&s.Start, 0, at)
	case "minage":
		return r.number(&s.MinAge, 0, at)
	case "maxage":
		return r.number(&s.MaxAge, 0, at)
	case "shredcycles":
		return r.number(&Setting[int]{}, 0, at)
	case "create":
		return r.owner(&s.Create, true, at)
	case "createolddir":
		return r.owner(&s.CreateOldDir, true, at)
	case "su":
		return r.owner(&s.Su, false, at)
	case "prerotate", "postrotate", "firstaction", "lastaction", "preremove":
		*s.action(word) = Setting[bool]{true, at}
		r.script, r.mode = true, inScript
		return fine
	case "tabooext", "taboopat":
		return r.taboo(word, at)
	case "include":
		return r.include(at)
	case "errors": // without meaning since 3.8; its argument is then an unknown option
		return fine
	case "noolddir":
		s.OldDir = Setting[string]{"", at}
		return fine
	case "nomail":
		s.Mail = Setting[bool]{false, at}
		return fine
	}
	if v, known := r.text(word, at); known {
		return v
	}
	r.report(at, LosesLine, fmt.Errorf("%w: %q", ErrUnknownOption, shown(word)))
	if r.at(r.pos) != '\n' {
		r.mode = restOfLine
	}
	return fine
}

// flag finds the setting that a keyword without argument switches.
func (s *Settings) flag(word string) (*Setting[bool], bool) {
	switch word {
	case "ifempty":
		return &s.IfEmpty, true
	case "notifempty":
		return &s.IfEmpty, false
	case "mailfirst":
		return &s.MailFirst, true
	case "maillast":
		return &s.MailFirst, false
	case "dateyesterday":
		return &s.DateYesterday, true
	case "datehourago":
		return &s.DateHourAgo, true
	case "ignoreduplicates":
		return &s.IgnoreDuplicates, true
	case "nocreate":
		return &s.Create, false
	case "nocreateolddir":
		return &s.CreateOldDir, false
	}
	word, negated := strings.CutPrefix(word, "no")
	switch word {
	case "compress":
		return &s.Compress, !negated
	case "delaycompress":
		return &s.DelayCompress, !negated
	case "shred":
		return &s.Shred, !negated
	case "sharedscripts":
		return &s.SharedScripts, !negated
	case "copytruncate":
		return &s.CopyTruncate, !negated
	case "renamecopy":
		return &s.RenameCopy, !negated
	case "copy":
		return &s.Copy, !negated
	case "dateext":
		return &s.DateExt, !negated
	case "missingok":
		return &s.MissingOK, !negated
	case "allowhardlink":
		return &s.AllowHardLink, !negated
	}
	return nil, false
}

func (s *Settings) action(word string) *Setting[bool] {
	switch word {
	case "prerotate":
		return &s.PreRotate
	case "postrotate":
		return &s.PostRotate
	case "firstaction":
		return &s.FirstAction
	case "lastaction":
		return &s.LastAction
	}
	return &s.PreRemove
}

// weekly is the one directive whose bad argument costs the whole file.
func (r *reader) weekly(at Origin) verdict {
	argument := r.rest()
	weekday := 0
	if argument != "" {
		digits := strings.TrimPrefix(strings.TrimLeft(argument, " \t\v\f\r"), "+")
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || n > 7 {
			r.current.Criterion = Setting[Criterion]{Criterion{Every: Weekly}, at}
			return r.fatal(at, fmt.Errorf("%w: weekly %q is no weekday from 0 to 7", ErrValue, shown(strings.TrimSpace(argument))))
		}
		weekday = int(n)
	}
	r.current.Criterion = Setting[Criterion]{Criterion{Every: Weekly, Weekday: weekday}, at}
	return fine
}

func (r *reader) size(word string, at Origin) verdict {
	text, ok := r.value()
	if !ok || text == "" {
		r.report(at, LosesLine, fmt.Errorf("%s: %w", word, ErrArgument))
		return fine
	}
	bytes, ok := size(text)
	if !ok {
		return r.wrong(at, fmt.Errorf("%w: %s %q; units are k, M and G", ErrValue, word, shown(text)))
	}
	switch word {
	case "size":
		r.current.Criterion = Setting[Criterion]{Criterion{Every: BySize, Bytes: bytes}, at}
	case "minsize":
		r.current.MinSize = Setting[int64]{bytes, at}
	default:
		r.current.MaxSize = Setting[int64]{bytes, at}
	}
	return fine
}

// number reads a count of at least least, cut to 32 bits as in the program.
func (r *reader) number(to *Setting[int], least int, at Origin) verdict {
	text, ok := r.value()
	if !ok {
		return r.wrong(at, ErrArgument)
	}
	value, rest := integer(text)
	n := int(int32(value))
	// The number stays even if the line is in error: at the end of a file the
	// program does not get to skip the stanza.
	*to = Setting[int]{n, at}
	if rest != "" || n < least {
		return r.wrong(at, fmt.Errorf("%w: %q is no number from %d on", ErrValue, shown(text), least))
	}
	return fine
}

// text carries out the directives that take a word.
func (r *reader) text(word string, at Origin) (v verdict, known bool) {
	s := r.current
	optional, printable := false, false
	var to *Setting[string]
	switch word {
	case "dateformat":
		to, optional = &s.DateFormat, true
	case "extension":
		to = &s.Extension
	case "addextension":
		to = &s.AddExtension
	case "olddir":
		to, printable = &s.OldDir, true
	case "compressext":
		to, printable = &s.CompressExt, true
	case "compresscmd", "uncompresscmd", "mail":
		to, printable = &Setting[string]{}, true
	case "compressoptions":
		if words, err := splitWords(r.rest()); err != nil || len(words) == 0 {
			return r.wrong(at, fmt.Errorf("%w: compressoptions", ErrValue)), true
		}
		return fine, true
	default:
		return fine, false
	}
	text, ok := r.value()
	if !ok {
		err := fmt.Errorf("%s: %w", word, ErrArgument)
		if optional {
			*to = Setting[string]{}
			r.report(at, LosesLine, err)
			return fine, true
		}
		return r.wrong(at, err), true
	}
	if printable && strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return r.wrong(at, fmt.Errorf("%w: %s takes one word", ErrValue, word)), true
	}
	*to = Setting[string]{text, at}
	switch word {
	case "mail":
		s.Mail = Setting[bool]{true, at}
	case "compresscmd":
		if suffix, ok := compressSuffix(path.Base(text)); ok {
			s.CompressExt = Setting[string]{suffix, at}
		}
	}
	return fine, true
}

// compressSuffix lists the programs whose suffix logrotate knows. It knows that
// of zip without a dot.
func compressSuffix(program string) (string, bool) {
	switch program {
	case "gzip":
		return ".gz", true
	case "bzip2":
		return ".bz2", true
	case "xz":
		return ".xz", true
	case "zstd":
		return ".zst", true
	case "compress":
		return ".Z", true
	case "zip":
		return "zip", true
	}
	return "", false
}

// owner reads [mode] [user [group]]; su wants both and takes no mode.
func (r *reader) owner(to *Setting[bool], mode bool, at Origin) verdict {
	words := strings.Fields(r.rest())
	if mode && len(words) > 0 {
		// The mode ends with its last octal digit, a user may follow at once.
		if rest := strings.TrimLeft(words[0], "01234567"); rest == "" {
			words = words[1:]
		} else if rest != words[0] {
			words[0] = rest
		}
	}
	switch {
	case len(words) > 2:
		return r.wrong(at, fmt.Errorf("%w: more than a mode, a user and a group", ErrValue))
	case len(words) > 0 && !r.p.options.User(words[0]):
		return r.wrong(at, fmt.Errorf("%w: user %q", ErrAccount, shown(words[0])))
	case len(words) > 1 && !r.p.options.Group(words[1]):
		return r.wrong(at, fmt.Errorf("%w: group %q", ErrAccount, shown(words[1])))
	case !mode && len(words) < 2:
		return r.wrong(at, fmt.Errorf("su: %w", ErrArgument))
	}
	*to = Setting[bool]{true, at}
	return fine
}

// taboo changes which files of an included directory are passed over.
func (r *reader) taboo(word string, at Origin) verdict {
	if r.open != nil {
		return r.wrong(at, fmt.Errorf("%w: %s within a stanza", ErrSyntax, word))
	}
	text, ok := r.value()
	if !ok {
		r.report(at, LosesLine, fmt.Errorf("%s: %w", word, ErrArgument))
		return fine
	}
	if added, ok := strings.CutPrefix(text, "+"); ok {
		text = added
	} else {
		r.p.taboo = nil
	}
	for _, pattern := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c < 0x80 && isSpace(byte(c)) }) {
		if word == "tabooext" {
			pattern = "*" + pattern
		}
		r.p.taboo = append(r.p.taboo, pattern)
	}
	return fine
}
