package query

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request is one request of the HTTP protocol, taken apart.
type request struct {
	statement string
	format    string
	protocol  string // client_protocol_version, as sent
	id        string
	limits    Limits // as asked for, within those of the door
}

// readRequest takes a request apart. Of the settings in its URL only those are taken that
// tighten a limit.
func readRequest(r *http.Request, limits Limits, database string) (request, error) {
	q := request{limits: limits, format: r.Header.Get("X-ClickHouse-Format")}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, malformed("The URL cannot be read: %v", err)
	}
	asked := r.Header.Get("X-ClickHouse-Database")
	for key, list := range values {
		if len(list) > 1 {
			return q, malformed("URL parameter %q is given %d times", key, len(list))
		}
		if key == "database" {
			asked = list[0]
			continue
		}
		if err := q.set(key, list[0]); err != nil {
			return q, err
		}
	}
	if asked != "" && asked != "default" && asked != database {
		return q, refuse(81, "UNKNOWN_DATABASE", http.StatusNotFound, "Database %q is not here: set the data source's default database to %q", asked, database)
	}
	if err := q.settle(); err != nil {
		return q, err
	}
	body, err := body(r)
	if err != nil {
		return q, err
	}
	if q.statement != "" && strings.TrimSpace(body) != "" {
		return q, unsupported("The statement comes in the URL or in the body, not in both")
	}
	if q.statement == "" {
		q.statement = body
	}
	return q, nil
}

// set takes one URL parameter.
func (q *request) set(key, value string) error {
	switch key {
	case "query":
		q.statement = value
	case "default_format":
		q.format = value
	case "client_protocol_version":
		if _, err := strconv.ParseUint(value, 10, 32); err != nil {
			return malformed("client_protocol_version %q is not a number", value)
		}
		q.protocol = value
	case "query_id":
		if len(value) > 256 || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
			return malformed("query_id must be at most 256 printable ASCII characters")
		}
		q.id = value
	case "compress", "decompress":
		if value != "0" && value != "" {
			return unsupported("%s=1 (block compression, LZ4 or ZSTD) is not supported: set the client's compression to none or gzip", key)
		}
	case "max_execution_time":
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || seconds < 0 {
			return malformed("max_execution_time %q: want seconds", value)
		}
		if seconds > 0 && seconds < q.limits.Time.Seconds() {
			q.limits.Time = time.Duration(seconds * float64(time.Second))
		}
	case "max_result_rows":
		return tighten(&q.limits.ResultRows, key, value)
	case "max_result_bytes":
		return tighten(&q.limits.ResultBytes, key, value)
	case "max_memory_usage":
		return tighten(&q.limits.MemoryBytes, key, value)
	case "readonly", "enable_http_compression", "wait_end_of_query", "buffer_size", "quota_key":
		// The door does what these ask for anyway, or more.
	case "user", "password":
		return authentication("User and password come as Basic authentication or as X-ClickHouse-User and X-ClickHouse-Key, not in the URL, which is logged on its way")
	default:
		if strings.HasPrefix(key, "param_") {
			return unsupported("Query parameters (%s) are not supported here: write the value into the statement", key)
		}
		return denied("Setting %q is not taken here: only max_execution_time, max_result_rows, max_result_bytes and max_memory_usage, to tighten a limit", key)
	}
	return nil
}

func tighten(limit *uint64, key, value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return malformed("%s %q: want a whole number", key, value)
	}
	if n > 0 && n < *limit {
		*limit = n
	}
	return nil
}

// formats that clients may ask for. A format that reads files, such as Template, is none.
func formats() []string {
	return []string{"Native", "TabSeparated", "TSV", "TabSeparatedWithNames", "TSVWithNames", "TabSeparatedWithNamesAndTypes", "TSVWithNamesAndTypes", "CSV", "CSVWithNames", "JSON", "JSONCompact", "JSONEachRow", "Pretty", "PrettyCompact", "Vertical", "Null"}
}

// settle completes the format.
func (q *request) settle() error {
	native := q.protocol != "" && q.protocol != "0"
	switch {
	case q.format == "" && native:
		q.format = "Native"
	case q.format == "":
		q.format = "TabSeparated"
	case !slices.Contains(formats(), q.format):
		return refuse(73, "UNKNOWN_FORMAT", http.StatusBadRequest, "default_format %q is not taken here: want one of %s", q.format, strings.Join(formats(), ", "))
	case native && q.format != "Native":
		return refuse(73, "UNKNOWN_FORMAT", http.StatusBadRequest, "default_format %q cannot be read by a native client: leave it out", q.format)
	}
	return nil
}

// body reads the statement from a body.
func body(r *http.Request) (string, error) {
	if kind := r.Header.Get("Content-Type"); strings.HasPrefix(kind, "multipart/") {
		return "", unsupported("External tables (multipart/form-data) are not supported here")
	}
	var from io.Reader = r.Body
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return "", malformed("The body is not gzip, as Content-Encoding says: %v", err)
		}
		from = unzipped
	default:
		return "", unsupported("Content-Encoding %q is not supported: send gzip or none", encoding)
	}
	text, err := io.ReadAll(io.LimitReader(from, MaxStatement+1))
	if err != nil {
		return "", malformed("The body cannot be read: %v", err)
	}
	return string(text), nil
}

// credentials are the user and password of a request.
func credentials(r *http.Request) (user, password string, err error) {
	basicUser, basicPassword, basic := r.BasicAuth()
	headerUser, headerKey := r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	header := headerUser != "" || headerKey != ""
	switch {
	case basic && header:
		return "", "", authentication("Two users in one request: Basic authentication and X-ClickHouse-User")
	case basic:
		return basicUser, basicPassword, nil
	case header:
		return headerUser, headerKey, nil
	}
	return "", "", authentication("User and password are missing: the password is a token made with `yunjian-collector token --role office --read-only`")
}

// ask is the request to the engine. The settings are those of the door, not of the asker.
func (q *request) ask(target, statement string, rules Rules, tables []string) string {
	v := url.Values{
		"database": {rules.Database}, "default_format": {q.format},
		"max_execution_time": {strconv.FormatFloat(q.limits.Time.Seconds(), 'f', 3, 64)},
		"max_result_rows":    {fmt.Sprint(q.limits.ResultRows)}, "max_result_bytes": {fmt.Sprint(q.limits.ResultBytes)},
		"max_memory_usage": {fmt.Sprint(q.limits.MemoryBytes)}, "max_threads": {fmt.Sprint(q.limits.Threads)},
		"max_query_size": {fmt.Sprint(maxEngineQuery)},
		// What does not fit into memory ends: nothing is written for a guest.
		"max_bytes_ratio_before_external_group_by": {"0"}, "max_bytes_ratio_before_external_sort": {"0"},
	}
	if q.protocol != "" {
		v.Set("client_protocol_version", q.protocol)
	}
	if q.id != "" {
		v.Set("query_id", q.id)
	}
	if statement != Hello {
		if filters := rules.Filters(); filters != "{}" {
			v.Set("additional_table_filters", filters)
		}
	}
	if slices.ContainsFunc(tables, func(t string) bool { return rules.Tables[t].Barrier }) {
		v.Set("query_plan_filter_push_down", "0")
		v.Set("query_plan_merge_filters", "0")
		v.Set("enable_optimize_predicate_expression", "0")
	}
	return target + "?" + v.Encode()
}

// maxEngineQuery leaves room in the engine for the conditions of a unit with many hosts.
const maxEngineQuery = 8 << 20
