package grafanatest

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
)

func (s *Server) getDashboard(q *request) {
	board, ok := s.dashboards[q.PathValue("uid")]
	if !ok {
		q.say(http.StatusNotFound, "Dashboard not found")
		return
	}
	latest := board.versions[len(board.versions)-1]
	q.answer(http.StatusOK, Object{
		"dashboard": latest.model,
		"meta":      Object{"folderUid": board.folder, "version": len(board.versions), "provisioned": board.provisioned, "canSave": q.role != Viewer},
	})
}

// postDashboard keeps a dashboard if the version it was made over is still the latest. What
// is the same as before makes no version.
func (s *Server) postDashboard(q *request) {
	model, _ := q.body["dashboard"].(map[string]any)
	uid, _ := model["uid"].(string)
	folder, _ := q.body["folderUid"].(string)
	message, _ := q.body["message"].(string)
	if title, _ := model["title"].(string); title == "" {
		q.say(http.StatusBadRequest, "Dashboard title cannot be empty")
		return
	}
	if _, ok := s.folders[folder]; !ok && folder != "" {
		q.say(http.StatusBadRequest, "folder not found")
		return
	}
	board, exists := s.dashboards[uid]
	switch {
	case exists && board.provisioned:
		q.say(http.StatusBadRequest, "Cannot save provisioned dashboard")
		return
	case exists && q.body["overwrite"] != true && model["version"] != float64(len(board.versions)):
		q.answer(http.StatusPreconditionFailed, Object{"message": "The dashboard has been changed by someone else", "status": "version-mismatch"})
		return
	}
	if !exists {
		board = &dashboard{}
		s.dashboards[uid] = board
	}
	s.save(board, folder, message, model)
	s.wrote(q)
	q.answer(http.StatusOK, Object{"id": 1, "uid": uid, "url": "/d/" + uid, "status": "success", "version": len(board.versions), "slug": uid})
}

// save adds a version, with what Grafana adds.
func (s *Server) save(board *dashboard, folder, message string, model Object) {
	kept := clone(model)
	number := len(board.versions) + 1
	kept["id"], kept["version"] = 7, number
	if kept["annotations"] == nil {
		kept["annotations"] = Object{"list": []any{Object{"builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard"}}}
	}
	for key, value := range map[string]any{"fiscalYearStartMonth": 0, "links": []any{}, "timepicker": Object{}} {
		if kept[key] == nil {
			kept[key] = value
		}
	}
	kept = clone(kept)
	if number > 1 && board.folder == folder {
		last := clone(board.versions[number-2].model)
		last["version"] = kept["version"]
		if reflect.DeepEqual(last, kept) {
			return
		}
	}
	board.folder, board.versions = folder, append(board.versions, version{message, kept})
}

func (s *Server) listVersions(q *request) {
	board, ok := s.dashboards[q.PathValue("uid")]
	if !ok || s.NoVersions {
		q.say(http.StatusNotFound, "Dashboard not found")
		return
	}
	list := []Object{}
	for i, kept := range slices.Backward(board.versions) {
		if s.LateVersions && i == len(board.versions)-1 {
			continue
		}
		list = append(list, Object{"version": i + 1, "message": kept.message, "uid": q.PathValue("uid"), "created": "2026-11-27T08:00:00Z", "createdBy": "sa-1"})
	}
	q.answer(http.StatusOK, Object{"continueToken": "", "versions": list})
}

func (s *Server) getVersion(q *request) {
	board, ok := s.dashboards[q.PathValue("uid")]
	number, err := strconv.Atoi(q.PathValue("version"))
	if !ok || err != nil || number < 1 || number > len(board.versions) {
		q.say(http.StatusNotFound, "Dashboard version not found")
		return
	}
	at := board.versions[number-1]
	q.answer(http.StatusOK, Object{"version": number, "message": at.message, "data": at.model})
}

// validate is the resource API, which keeps nothing in a dry run.
func (s *Server) validate(q *request) {
	spec, _ := q.body["spec"].(map[string]any)
	switch {
	case s.NoResources:
		q.say(http.StatusNotFound, "the server could not find the requested resource")
	case q.URL.Query().Get("dryRun") != "All":
		s.wrote(q)
		q.answer(http.StatusCreated, q.body)
	case spec["schemaVersion"] == nil:
		q.say(http.StatusUnprocessableEntity, "Dashboard is invalid: spec.schemaVersion: Required value")
	default:
		s.validated++
		q.answer(http.StatusCreated, q.body)
	}
}

// Dashboard is a dashboard of a UID with the folder it lies in, nil if there is none.
func (s *Server) Dashboard(uid string) (model Object, folder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	board, ok := s.dashboards[uid]
	if !ok {
		return nil, ""
	}
	return clone(board.versions[len(board.versions)-1].model), board.folder
}

// EditDashboard saves a new version of a dashboard as a person would, in another folder if
// edit returns one; it makes one that is not there.
func (s *Server) EditDashboard(uid string, edit func(model Object) (folder string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	board, ok := s.dashboards[uid]
	if !ok {
		board = &dashboard{versions: []version{{model: Object{"uid": uid}}}}
		s.dashboards[uid] = board
	}
	model, folder := clone(board.versions[len(board.versions)-1].model), board.folder
	if other := edit(model); other != "" {
		folder = other
	}
	s.save(board, folder, "", model)
}

// ProvisionDashboard makes a dashboard one from a file.
func (s *Server) ProvisionDashboard(uid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dashboards[uid].provisioned = true
}

// DeleteDashboard deletes a dashboard as a person would.
func (s *Server) DeleteDashboard(uid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.dashboards, uid)
}
