package grafanatest

import (
	"maps"
	"net/http"
)

// mayAdmin answers a token that is not an Admin's.
func (q *request) mayAdmin() bool {
	if q.role != Admin {
		q.say(http.StatusForbidden, "You'll need additional permissions to perform this action. Permissions needed: datasources:read")
	}
	return q.role == Admin
}

func (s *Server) getSource(q *request) {
	if !q.mayAdmin() {
		return
	}
	source, ok := s.sources[q.PathValue("uid")]
	if !ok {
		q.say(http.StatusNotFound, "Data source not found")
		return
	}
	shown := maps.Clone(source)
	fields := Object{}
	for key := range s.secrets {
		fields[key] = true
	}
	shown["secureJsonFields"] = fields
	q.answer(http.StatusOK, shown)
}

func (s *Server) addSource(q *request) {
	if !q.mayAdmin() {
		return
	}
	for uid, source := range s.sources {
		if uid == q.body["uid"] || source["name"] == q.body["name"] {
			q.say(http.StatusConflict, "data source with the same name already exists")
			return
		}
	}
	uid, _ := q.body["uid"].(string)
	s.keepSource(q, uid, 1)
	q.answer(http.StatusOK, Object{"id": 1, "name": q.body["name"], "message": "Datasource added", "datasource": s.sources[uid]})
}

func (s *Server) putSource(q *request) {
	if !q.mayAdmin() {
		return
	}
	uid := q.PathValue("uid")
	source, ok := s.sources[uid]
	switch {
	case !ok:
		q.say(http.StatusNotFound, "Data source not found")
	case source["readOnly"] == true:
		q.say(http.StatusForbidden, "Cannot update read-only data source")
	default:
		s.keepSource(q, uid, source["version"].(int)+1)
		q.answer(http.StatusOK, Object{"id": 1, "name": q.body["name"], "message": "Datasource updated", "datasource": s.sources[uid]})
	}
}

// keepSource stores what was sent. What is left out of the body is unset, but for secrets.
func (s *Server) keepSource(q *request, uid string, version int) {
	source := clone(q.body)
	if secrets, ok := source["secureJsonData"].(map[string]any); ok {
		for key, value := range secrets {
			s.secrets[key], _ = value.(string)
		}
	}
	delete(source, "secureJsonData")
	source["uid"], source["id"], source["orgId"], source["version"] = uid, 1, 1, version
	if source["isDefault"] == nil {
		source["isDefault"] = false
	}
	s.sources[uid] = source
	s.wrote(q)
}

func (s *Server) checkSource(q *request) {
	switch _, ok := s.sources[q.PathValue("uid")]; {
	case !ok:
		q.say(http.StatusNotFound, "Data source not found")
	case s.PluginMissing:
		q.say(http.StatusNotFound, "Plugin not found")
	case s.Unreachable:
		q.answer(http.StatusBadRequest, Object{"status": "ERROR", "message": "dial tcp: connection refused"})
	default:
		q.answer(http.StatusOK, Object{"status": "OK", "message": "Data source is working"})
	}
}

// Source is a data source of a UID, nil if there is none, and the secrets of all.
func (s *Server) Source(uid string) (source Object, secrets map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return clone(s.sources[uid]), maps.Clone(s.secrets)
}

// EditSource changes a data source as a person would; it makes one that is not there.
func (s *Server) EditSource(uid string, edit func(source Object)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	source, ok := s.sources[uid]
	if !ok {
		source = Object{"uid": uid, "version": 1}
		s.sources[uid] = source
	}
	edit(source)
}
