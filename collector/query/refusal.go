package query

import (
	"fmt"
	"net/http"
	"strconv"
)

// RefusedError says why a question is not answered, in the form of ClickHouse's errors.
type RefusedError struct {
	// Code is ClickHouse's number, such as 497 for access denied.
	Code int
	// Name is the symbolic name of the code.
	Name string
	// Status is the HTTP status of the answer.
	Status int
	// Message says what is refused and what to do.
	Message string
}

// Error gives the text as a ClickHouse server would write it.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("Code: %d. DB::Exception: %s (%s)", e.Code, e.Message, e.Name)
}

// send answers with the error.
func (e *RefusedError) send(w http.ResponseWriter) {
	if e.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.Header().Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.WriteHeader(e.Status)
	_, _ = fmt.Fprintln(w, e.Error()) // the client is gone if this fails
}

func refuse(code int, name string, status int, format string, values ...any) *RefusedError {
	return &RefusedError{Code: code, Name: name, Status: status, Message: fmt.Sprintf(format, values...)}
}

// denied refuses what the asker may not do.
func denied(format string, values ...any) error {
	return refuse(497, "ACCESS_DENIED", http.StatusForbidden, format, values...)
}

// readonly refuses what would change something.
func readonly(format string, values ...any) error {
	return refuse(164, "READONLY", http.StatusForbidden, format, values...)
}

// malformed refuses a text that this door does not understand.
func malformed(format string, values ...any) error {
	return refuse(62, "SYNTAX_ERROR", http.StatusBadRequest, format, values...)
}

// unsupported refuses a part of the protocol.
func unsupported(format string, values ...any) error {
	return refuse(48, "NOT_IMPLEMENTED", http.StatusBadRequest, format, values...)
}

// authentication refuses a user or password. Grafana shows code 516 as such.
func authentication(why string) error {
	return refuse(516, "AUTHENTICATION_FAILED", http.StatusForbidden, "%s", why)
}
