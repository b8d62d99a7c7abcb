package query

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// engineError reads an error of ClickHouse. Its text may quote the value that it stumbled
// over, which in a table with rows of others may be one of theirs: an asker who sees a
// part only is told the text of those errors that come before any row is looked at.
func engineError(res *http.Response, text string, rules Rules) error {
	text = strings.TrimSpace(text)
	code, err := strconv.Atoi(res.Header.Get("X-ClickHouse-Exception-Code"))
	if err != nil {
		return fmt.Errorf("ask the engine: status %d: %.200s", res.StatusCode, text)
	}
	e := &RefusedError{Code: code, Name: "UNKNOWN", Status: res.StatusCode, Message: text}
	if m := regexp.MustCompile(`(?s)^Code: \d+\. DB::\w*Exception: (.*) \(([A-Z0-9_]+)\)$`).FindStringSubmatch(text); m != nil {
		e.Message, e.Name = m[1], m[2]
	}
	if rules.Scoped && !slices.Contains(plain(), code) {
		e.Message = "The question failed on a value; the text is left out, because it might quote what this user may not see"
	}
	return e
}

// plain are the codes of errors whose text speaks of the statement and of limits, never of
// a value in a row.
func plain() []int {
	return []int{
		42,  // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
		43,  // ILLEGAL_TYPE_OF_ARGUMENT
		46,  // UNKNOWN_FUNCTION
		47,  // UNKNOWN_IDENTIFIER
		53,  // TYPE_MISMATCH
		60,  // UNKNOWN_TABLE
		62,  // SYNTAX_ERROR
		158, // TOO_MANY_ROWS
		159, // TIMEOUT_EXCEEDED
		164, // READONLY
		179, // MULTIPLE_EXPRESSIONS_FOR_ALIAS
		184, // ILLEGAL_AGGREGATION
		207, // AMBIGUOUS_IDENTIFIER
		215, // NOT_AN_AGGREGATE
		241, // MEMORY_LIMIT_EXCEEDED
		386, // NO_COMMON_TYPE
		394, // QUERY_WAS_CANCELLED
		396, // TOO_MANY_ROWS_OR_BYTES
	}
}
