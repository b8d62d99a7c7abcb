package engine

import (
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxStatement bounds the SQL text of a request in bytes, inline data included.
// Larger inserts give their statement in the URL and stream their data in the body.
const maxStatement = 64 << 20

// hello is what clickhouse-go and Grafana's data source ask first on every connection.
const hello = "SELECT displayName(), version(), revision(), timezone()"

// question is one request of the HTTP protocol, read but not run.
type question struct {
	id        string
	statement statement
	params    []parameter
	settings  map[string]string
	database  string
	format    string    // of the answer when the statement has no FORMAT clause
	protocol  uint64    // client_protocol_version, 0 if the client is not a native one
	data      io.Reader // for filling: the bytes of the insert
	guest     bool      // may only read, and gets the whole answer or none
}

// asksHello says that the door answers this question itself.
func (q *question) asksHello() bool {
	return strings.TrimSuffix(strings.TrimSpace(q.statement.text), ";") == hello
}

// read takes a request apart, with its body taken from where the caller says. Errors are exceptions whose text names the parameter or header at fault.
func read(r *http.Request, from io.Reader) (*question, error) {
	if err := supported(r); err != nil {
		return nil, err
	}
	body, err := decoded(r, from)
	if err != nil {
		return nil, err
	}
	q, text, err := parseParameters(r.URL.Query(), r.Header)
	if err != nil {
		return nil, err
	}
	inURL := text != ""
	if !inURL {
		whole, err := io.ReadAll(io.LimitReader(body, maxStatement+1))
		if err != nil {
			return nil, refuse(codeNetwork, "Cannot read the request body: "+err.Error())
		}
		if len(whole) > maxStatement {
			return nil, refuse(codeTooLarge, fmt.Sprintf("The statement is larger than %d bytes: give the INSERT in the URL parameter query and stream its data in the body", maxStatement))
		}
		text, body = string(whole), http.NoBody
	}
	q.statement, err = split(text, !inURL)
	if err != nil {
		return nil, err
	}
	switch {
	case q.statement.kind == filling:
		q.data = io.MultiReader(strings.NewReader(q.statement.data), body)
	case inURL:
		// ClickHouse takes the rest of a long statement from the body.
		rest, err := io.ReadAll(io.LimitReader(body, maxStatement+1))
		if err != nil {
			return nil, refuse(codeNetwork, "Cannot read the request body: "+err.Error())
		}
		if len(rest) > maxStatement {
			return nil, refuse(codeTooLarge, fmt.Sprintf("The statement is larger than %d bytes", maxStatement))
		}
		if len(rest) > 0 {
			if q.statement, err = split(text+"\n"+string(rest), true); err != nil {
				return nil, err
			}
			if q.statement.kind == filling {
				q.data = strings.NewReader(q.statement.data)
			}
		}
	}
	if q.protocol > 0 && !nativeCanRead(q.statement) {
		return nil, refuse(codeUnknownFormat, fmt.Sprintf("FORMAT %s cannot be read by this client, which understands Native only: leave the FORMAT clause out", q.statement.format))
	}
	return q, nil
}

// nativeCanRead says that a native client can take the answer in the statement's own format.
func nativeCanRead(st statement) bool {
	switch strings.ToLower(st.format) {
	case "", "native", "null":
		return true
	default:
		return st.kind == filling // there it is the format of the data
	}
}

// supported refuses what this door does not speak, before anything is run.
func supported(r *http.Request) error {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return refuse(codeUnsupported, "External tables (multipart/form-data) are not supported by the embedded engine: put the values into a table or a query parameter")
	}
	return nil
}

// decoded undoes the Content-Encoding of the body.
func decoded(r *http.Request, from io.Reader) (io.Reader, error) {
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return from, nil
	case "gzip":
		body, err := gzip.NewReader(from)
		if err != nil {
			return nil, refuse(codeBadArguments, "The body is not gzip, as Content-Encoding says: "+err.Error())
		}
		return body, nil
	default:
		return nil, refuse(codeUnsupported, fmt.Sprintf("Content-Encoding %q is not supported by the embedded engine: send gzip or none", encoding))
	}
}

// parseParameters reads the URL and the headers; text is the statement or its beginning.
func parseParameters(values url.Values, header http.Header) (q *question, text string, err error) {
	q = &question{
		settings: map[string]string{},
		format:   header.Get("X-ClickHouse-Format"),
		database: header.Get("X-ClickHouse-Database"),
	}
	for name, list := range values {
		value := list[len(list)-1]
		if param, ok := strings.CutPrefix(name, "param_"); ok {
			q.params = append(q.params, parameter{param, value})
			continue
		}
		if err := q.set(name, value, &text); err != nil {
			return nil, "", err
		}
	}
	if q.format == "" {
		q.format = "TabSeparated"
	}
	if !isName(q.format) {
		return nil, "", refuse(codeUnknownFormat, fmt.Sprintf("Unknown format %q", q.format))
	}
	if q.id == "" {
		var random [16]byte
		_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
		q.id = hex.EncodeToString(random[:])
	}
	return q, text, nil
}

// set takes one URL parameter that is not a query parameter. What is not known as
// part of the protocol is a setting of ClickHouse, as on a server.
func (q *question) set(name, value string, text *string) error {
	switch name {
	case "query":
		*text = value
	case "database":
		q.database = value
	case "default_format":
		q.format = value
	case "query_id":
		if len(value) > 256 || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
			return refuse(codeBadArguments, "query_id must be at most 256 printable ASCII characters")
		}
		q.id = value
	case "client_protocol_version":
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return refuse(codeBadArguments, fmt.Sprintf("client_protocol_version %q is not a number", value))
		}
		q.protocol = n
	case "compress", "decompress":
		if value != "0" && value != "" {
			return refuse(codeUnsupported, name+"=1 (block compression, LZ4 or ZSTD) is not supported by the embedded engine: set the client's compression to none or gzip")
		}
	case "session_id":
		return refuse(codeUnsupported, "session_id is not supported by the embedded engine: every request stands alone")
	case "role":
		return refuse(codeUnsupported, "role is not supported by the embedded engine")
	case "user", "password", "quota_key", "session_timeout", "session_check", "wait_end_of_query", "buffer_size", "stacktrace", "close_session":
		// Parts of the protocol that mean nothing on a private socket.
	default:
		if !isName(name) {
			return refuse(codeBadArguments, fmt.Sprintf("URL parameter %q is not the name of a setting", name))
		}
		q.settings[name] = value
	}
	return nil
}

// isName says that s may stand unquoted in a SET statement.
func isName(s string) bool {
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 || !wordByte(byte(c)) })
}
