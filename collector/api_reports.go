package collector

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// reportsPath is where reports are offered over HTTP.
const reportsPath = "/api/v1/reports"

// reportsAPI offers the reports of the ledger, to each its own:
//
//	GET /api/v1/reports               those that the token may see, with their files; a page for browsers
//	GET /api/v1/reports/{id}/{file}   one file of a report
//
// The office sees all; a provider its own; a unit the signed extracts that hold its own rows
// alone. Query parameters of the list: month, kind (security: those on security in any form), provider. Beside Bearer, the token is taken
// as the password of Basic, whatever the user, which is how a browser asks a person for it.
type reportsAPI struct {
	*API
	filer *Filer
}

// NewReportsAPI makes the handler. Without a secret it lets nobody in.
func NewReportsAPI(f *Filer, secret []byte, count func(event, reason string, n int), now func() time.Time, log *slog.Logger) http.Handler {
	a := &reportsAPI{API: &API{db: f.DB, secret: secret, count: count, now: now, log: log, mux: http.NewServeMux(), basic: true}, filer: f}
	a.mux.HandleFunc("GET "+reportsPath, a.list)
	a.mux.HandleFunc("GET "+reportsPath+"/{id}/{file}", a.file)
	return a.mux
}

// sees reports whether a person may see a report.
func sees(p ingest.Person, x *filing.Filing) bool {
	switch p.Role {
	case ingest.RoleOffice:
		return true
	case ingest.RoleProvider:
		return x.Provider == p.Subject
	case ingest.RoleUnit:
		return x.Unit != "" && x.Unit == p.Subject && x.Signed != nil
	}
	return false
}

// filedReport is a report in a list, without the steps of others.
type filedReport struct {
	filing.Head
	State filing.State `json:"state"`
	// Issuer is who answers for it; left out where it is the provider by its kind.
	Issuer filing.Issuer `json:"issuer,omitzero"`
	Files  []filing.File `json:"files"`
}

func (a *reportsAPI) list(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept, Authorization")
	if !wantsPage(r) {
		a.as(func(_ http.ResponseWriter, r *http.Request, p ingest.Person) (int, any, error) {
			all, err := a.listed(r, p)
			return statusOf(err, http.StatusOK), map[string]any{"reports": all}, err
		})(w, r)
		return
	}
	var page []byte
	a.hold(w, r, func(_ http.ResponseWriter, r *http.Request, p ingest.Person) (int, any, error) {
		all, err := a.listed(r, p)
		if err == nil {
			page, err = pageOf(all)
		}
		return statusOf(err, http.StatusOK), nil, err
	}, func() {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'")
		_, _ = w.Write(page) // the asker may be gone
	})
}

// hold answers with what good writes, unless the handler refuses.
func (a *reportsAPI) hold(w http.ResponseWriter, r *http.Request, handle func(http.ResponseWriter, *http.Request, ingest.Person) (int, any, error), good func()) {
	held := &heldWriter{ResponseWriter: w}
	a.as(handle)(held, r)
	if held.status != http.StatusOK {
		held.release()
		return
	}
	good()
}

// listed are the reports that a person may see and asks for.
func (a *reportsAPI) listed(r *http.Request, p ingest.Person) ([]filedReport, error) {
	all, err := a.db.Filings(r.Context(), store.FilingFilter{})
	if err != nil {
		return nil, err
	}
	out := []filedReport{}
	q := r.URL.Query()
	for i := range all {
		x := &all[i]
		if !sees(p, x) || q.Has("month") && q.Get("month") != x.Month.String() || q.Has("kind") && !report.KindIncludes(q.Get("kind"), x.Kind) || q.Has("provider") && q.Get("provider") != x.Provider {
			continue
		}
		out = append(out, filedReport{x.Head, stateOf(x), x.Issuer, x.Files})
	}
	return out, nil
}

// stateOf is how far a report has come with anybody.
func stateOf(x *filing.Filing) filing.State {
	switch {
	case len(x.Received) > 0:
		return filing.Received
	case len(x.Sent) > 0:
		return filing.Sent
	case x.Signed != nil:
		return filing.Signed
	case x.Reviewed != nil:
		return filing.Reviewed
	}
	return filing.Prepared
}

// file answers with a file as it was signed, or with a draft. A report that is not for the
// asker does not exist for him.
func (a *reportsAPI) file(w http.ResponseWriter, r *http.Request) {
	var data []byte
	a.hold(w, r, func(_ http.ResponseWriter, r *http.Request, p ingest.Person) (int, any, error) {
		all, err := a.db.Filings(r.Context(), store.FilingFilter{ID: r.PathValue("id")})
		if err != nil {
			return http.StatusServiceUnavailable, nil, err
		}
		if len(all) != 1 || !sees(p, &all[0]) {
			return http.StatusNotFound, nil, fmt.Errorf("%w: %q", ErrNoFiling, r.PathValue("id"))
		}
		status, found, err := a.read(r, all[0])
		data = found
		return status, nil, err
	}, func() {
		name := r.PathValue("file")
		w.Header().Set("Content-Type", or(mime.TypeByExtension(filepath.Ext(name)), "application/octet-stream"))
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Set("ETag", `"`+report.NewFile(name, data).SHA256+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	})
}

// read finds a file of a report that the asker may see.
func (a *reportsAPI) read(r *http.Request, x filing.Filing) (int, []byte, error) {
	name := r.PathValue("file")
	if x.Signed == nil {
		if !slices.ContainsFunc(x.Files, func(f filing.File) bool { return f.Name == name }) {
			return http.StatusNotFound, nil, fmt.Errorf("report %s has no file %q", x.ID, name)
		}
		data, err := readDraft(a.filer.Dir(x.Month), name)
		if err != nil {
			return http.StatusNotFound, nil, errors.New("the draft is not in the folder of the reports: make the report again")
		}
		return http.StatusOK, data, nil
	}
	for _, f := range x.Files {
		if f.Name != name {
			continue
		}
		if file, err := readFile(a.filer.Dir(x.Month), f); err == nil {
			return http.StatusOK, file.Data, nil
		}
	}
	files, err := a.filer.files(r.Context(), x)
	if err != nil {
		return http.StatusServiceUnavailable, nil, err
	}
	for _, f := range files {
		if f.Name == name {
			return http.StatusOK, f.Data, nil
		}
	}
	return http.StatusNotFound, nil, fmt.Errorf("report %s has no file %q", x.ID, name)
}

// heldWriter keeps an answer back until it is known whether it is a refusal.
type heldWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader keeps the status.
func (h *heldWriter) WriteHeader(status int) { h.status = status }

// Write keeps the body.
func (h *heldWriter) Write(p []byte) (int, error) { return h.body.Write(p) }

func (h *heldWriter) release() {
	h.ResponseWriter.WriteHeader(h.status)
	_, _ = strings.NewReader(h.body.String()).WriteTo(h.ResponseWriter) // the asker may be gone
}
