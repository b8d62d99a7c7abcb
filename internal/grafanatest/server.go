package grafanatest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Tokens of service accounts by role.
const (
	Admin  = "glsa_admin"
	Editor = "glsa_editor"
	Viewer = "glsa_viewer"
)

// Object is a JSON object.
type Object = map[string]any

// Server is one Grafana. Its fields may be set between requests.
type Server struct {
	URL string

	// Before is asked first about each request; a status other than 0 is the answer, with
	// the message. Nil for none.
	Before func(*http.Request) (status int, message string)
	// After is called once a request has been served: a test cuts the line there.
	After func(*http.Request)
	// PluginMissing leaves the ClickHouse plugin out.
	PluginMissing bool
	// Unreachable makes the data source's endpoint so.
	Unreachable bool
	// NoVersions hides the histories of dashboards.
	NoVersions bool
	// LateVersions leaves the latest version out of the histories.
	LateVersions bool
	// NoResources is a Grafana without the resource API.
	NoResources bool
	// Version is what the server calls itself.
	Version string

	mu         sync.Mutex
	folders    map[string]Object
	sources    map[string]Object
	secrets    map[string]string
	dashboards map[string]*dashboard
	groups     map[string]*group // by folder and title
	writes     []string
	validated  int
}

type dashboard struct {
	folder      string
	provisioned bool
	versions    []version // oldest first
}

type version struct {
	message string
	model   Object
}

type group struct {
	folder, title string
	interval      float64
	rules         []Object
}

// Start serves an empty Grafana 12.2.0 until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		Version: "12.2.0", folders: map[string]Object{}, sources: map[string]Object{}, secrets: map[string]string{},
		dashboards: map[string]*dashboard{}, groups: map[string]*group{},
	}
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*request){
		"GET /api/health":                                                        s.health,
		"GET /api/folders/{uid}":                                                 s.getFolder,
		"POST /api/folders":                                                      s.createFolder,
		"PUT /api/folders/{uid}":                                                 s.updateFolder,
		"GET /api/datasources/uid/{uid}":                                         s.getSource,
		"POST /api/datasources":                                                  s.addSource,
		"PUT /api/datasources/uid/{uid}":                                         s.putSource,
		"GET /api/datasources/uid/{uid}/health":                                  s.checkSource,
		"GET /api/dashboards/uid/{uid}":                                          s.getDashboard,
		"POST /api/dashboards/db":                                                s.postDashboard,
		"GET /api/dashboards/uid/{uid}/versions":                                 s.listVersions,
		"GET /api/dashboards/uid/{uid}/versions/{version}":                       s.getVersion,
		"GET /api/v1/provisioning/alert-rules":                                   s.listRules,
		"GET /api/v1/provisioning/folder/{folder}/rule-groups/{group}":           s.getGroup,
		"PUT /api/v1/provisioning/folder/{folder}/rule-groups/{group}":           s.putGroup,
		"DELETE /api/v1/provisioning/alert-rules/{uid}":                          s.deleteRule,
		"POST /apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards": s.validate,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, serve) })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// request is one request with its answer.
type request struct {
	http.ResponseWriter
	*http.Request
	body Object
	role string
}

// serve lets in who has a token, and hands one request at a time on.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, serve func(*request)) {
	q := &request{ResponseWriter: w, Request: r}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	q.role = map[string]string{Admin: Admin, Editor: Editor, Viewer: Viewer}[token]
	if s.Before != nil {
		if status, said := s.Before(r); status != 0 {
			q.say(status, said)
			return
		}
	}
	if s.After != nil {
		defer s.After(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case q.role == "":
		q.say(http.StatusUnauthorized, "Invalid API key")
		return
	case r.Method != http.MethodGet && q.role == Viewer:
		q.say(http.StatusForbidden, "You'll need additional permissions to perform this action.")
		return
	case r.Method == http.MethodPost || r.Method == http.MethodPut:
		if err := json.NewDecoder(r.Body).Decode(&q.body); err != nil {
			q.say(http.StatusBadRequest, "bad request data")
			return
		}
	}
	serve(q)
}

// wrote counts a request that has changed something.
func (s *Server) wrote(q *request) { s.writes = append(s.writes, q.Method+" "+q.URL.Path) }

// Writes are the requests that have changed something, and forgets them.
func (s *Server) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.writes
	s.writes = nil
	return all
}

// Validated is the number of dashboards that were validated without being kept.
func (s *Server) Validated() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.validated
}

func (q *request) say(status int, message string) { q.answer(status, Object{"message": message}) }

func (q *request) answer(status int, body any) {
	q.Header().Set("Content-Type", "application/json")
	q.WriteHeader(status)
	_ = json.NewEncoder(q.ResponseWriter).Encode(body)
}

// Header is that of the answer, which the embedded request would hide.
func (q *request) Header() http.Header { return q.ResponseWriter.Header() }

func (s *Server) health(q *request) {
	q.answer(http.StatusOK, Object{"database": "ok", "version": s.Version, "commit": "0"})
}

// clone is a deep copy, as it comes out of the database.
func clone[T any](value T) T {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var again T
	if err := json.Unmarshal(data, &again); err != nil {
		panic(err)
	}
	return again
}

func (s *Server) getFolder(q *request) {
	folder, ok := s.folders[q.PathValue("uid")]
	switch {
	case ok:
		q.answer(http.StatusOK, folder)
	case q.role == Admin:
		q.say(http.StatusNotFound, "folder not found")
	default:
		q.say(http.StatusForbidden, "You'll need additional permissions to perform this action. Permissions needed: folders:read")
	}
}

func (s *Server) createFolder(q *request) {
	uid, _ := q.body["uid"].(string)
	if _, ok := s.folders[uid]; ok {
		q.say(http.StatusPreconditionFailed, "the folder has been changed by someone else")
		return
	}
	s.folders[uid] = Object{"id": len(s.folders) + 1, "uid": uid, "title": q.body["title"], "parentUid": q.body["parentUid"], "version": 1}
	s.wrote(q)
	q.answer(http.StatusOK, s.folders[uid])
}

func (s *Server) updateFolder(q *request) {
	folder, ok := s.folders[q.PathValue("uid")]
	switch {
	case !ok:
		q.say(http.StatusNotFound, "folder not found")
	case q.body["overwrite"] != true && clone[any](folder["version"]) != q.body["version"]:
		q.say(http.StatusPreconditionFailed, "the folder has been changed by someone else")
	default:
		folder["title"], folder["version"] = q.body["title"], q.body["version"].(float64)+1
		s.wrote(q)
		q.answer(http.StatusOK, folder)
	}
}

// Folder is a folder of a UID, nil if there is none.
func (s *Server) Folder(uid string) Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.folders[uid])
}

// PutFolder makes a folder as a person would.
func (s *Server) PutFolder(uid, title, parent string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders[uid] = Object{"uid": uid, "title": title, "parentUid": parent, "version": 1}
}

// DashboardUIDs are the dashboards that are there.
func (s *Server) DashboardUIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.dashboards))
}
