package engine

import (
	"regexp"
	"strconv"
	"strings"
)

// Codes of ClickHouse for errors that the door itself raises.
const (
	codeSyntax         = 62
	codeUnknownFormat  = 73
	codeUnsupported    = 48
	codeBadArguments   = 36
	codeLogical        = 49
	codeReadonly       = 164
	codeTooManyRows    = 396
	codeNetwork        = 210
	codeTooLarge       = 307
	codeQueryCancelled = 394
)

// codeName is the symbolic name of a code above, as ClickHouse writes it.
func codeName(code int) string {
	switch code {
	case codeSyntax:
		return "SYNTAX_ERROR"
	case codeUnknownFormat:
		return "UNKNOWN_FORMAT"
	case codeUnsupported:
		return "NOT_IMPLEMENTED"
	case codeBadArguments:
		return "BAD_ARGUMENTS"
	case codeTooManyRows:
		return "TOO_MANY_ROWS_OR_BYTES"
	case codeReadonly:
		return "READONLY"
	case codeNetwork:
		return "NETWORK_ERROR"
	case codeTooLarge:
		return "TOO_MANY_BYTES"
	case codeQueryCancelled:
		return "QUERY_WAS_CANCELLED"
	default:
		return "LOGICAL_ERROR"
	}
}

// exception is an error of ClickHouse. Its text is what a ClickHouse server
// answers over HTTP: "Code: N. DB::Exception: … (NAME)".
type exception struct {
	Code    int    // ClickHouse's error number, for example 60 for an unknown table
	Message string // the text behind "DB::Exception: ", with the symbolic name at its end
}

// Error gives the text as ClickHouse writes it.
func (e *exception) Error() string {
	return "Code: " + strconv.Itoa(e.Code) + ". DB::Exception: " + e.Message
}

// refuse makes an exception of the door itself.
func refuse(code int, message string) *exception {
	return &exception{Code: code, Message: message + " (" + codeName(code) + ")"}
}

// prefix is what the engine puts before its message, once or several times. The
// class may be another one, such as DB::ErrnoException.
func prefix() *regexp.Regexp {
	return regexp.MustCompile(`^\s*Code: (\d+)\. DB::\w*Exception: `)
}

// parseException reads the engine's text. It may be wrapped in itself several times.
func parseException(text string) *exception {
	e := &exception{Code: codeLogical, Message: strings.TrimSpace(text)}
	for head := prefix(); ; {
		match := head.FindStringSubmatch(e.Message)
		if match == nil {
			return e
		}
		code, err := strconv.Atoi(match[1])
		if err != nil {
			return e
		}
		e.Code, e.Message = code, e.Message[len(match[0]):]
	}
}
