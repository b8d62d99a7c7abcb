package grafanatest

import (
	"net/http"
	"slices"
)

func (s *Server) listRules(q *request) {
	all := []Object{}
	for _, group := range s.groups {
		all = append(all, group.rules...)
	}
	q.answer(http.StatusOK, all)
}

func (s *Server) getGroup(q *request) {
	found, ok := s.groups[q.PathValue("folder")+"/"+q.PathValue("group")]
	if !ok || len(found.rules) == 0 {
		q.say(http.StatusNotFound, "rule group does not exist")
		return
	}
	q.answer(http.StatusOK, Object{"title": found.title, "folderUid": found.folder, "interval": found.interval, "rules": found.rules})
}

// putGroup replaces a group: rules that are not named are deleted, rules of other groups
// that are named move here.
func (s *Server) putGroup(q *request) {
	folder, title := q.PathValue("folder"), q.PathValue("group")
	if _, ok := s.folders[folder]; !ok {
		q.say(http.StatusBadRequest, "folder does not exist")
		return
	}
	interval, _ := q.body["interval"].(float64)
	if interval < 10 || int(interval)%10 != 0 {
		q.say(http.StatusBadRequest, "interval must be a multiple of 10 seconds")
		return
	}
	provenance := provenance(q)
	sent, _ := q.body["rules"].([]any)
	rules := []Object{}
	for _, one := range sent {
		rule := one.(map[string]any)
		uid, _ := rule["uid"].(string)
		if before := s.rule(uid); before != nil && before["provenance"] != provenance {
			q.say(http.StatusInternalServerError, "failed to update rule group: cannot change provenance from '"+before["provenance"].(string)+"' to '"+provenance+"'")
			return
		}
		rule["folderUID"], rule["ruleGroup"], rule["orgID"], rule["provenance"], rule["id"] = folder, title, 1, provenance, 3
		rule["updated"] = "2026-11-27T08:00:00Z"
		if rule["labels"] == nil {
			rule["labels"] = Object{}
		}
		rules = append(rules, clone(rule))
	}
	for _, rule := range rules {
		for _, other := range s.groups {
			other.rules = slices.DeleteFunc(other.rules, func(o Object) bool { return o["uid"] == rule["uid"] })
		}
	}
	s.groups[folder+"/"+title] = &group{folder, title, interval, rules}
	s.wrote(q)
	q.answer(http.StatusOK, q.body)
}

// provenance is what a rule that is written so is marked with.
func provenance(q *request) string {
	if q.Request.Header.Get("X-Disable-Provenance") == "true" {
		return ""
	}
	return "api"
}

func (s *Server) deleteRule(q *request) {
	if rule := s.rule(q.PathValue("uid")); rule != nil && rule["provenance"] != provenance(q) {
		q.say(http.StatusConflict, "cannot delete with provided provenance, needs the one it was made with")
		return
	}
	for _, group := range s.groups {
		group.rules = slices.DeleteFunc(group.rules, func(o Object) bool { return o["uid"] == q.PathValue("uid") })
	}
	s.wrote(q)
	q.WriteHeader(http.StatusNoContent)
}

func (s *Server) rule(uid string) Object {
	for _, group := range s.groups {
		for _, rule := range group.rules {
			if rule["uid"] == uid {
				return rule
			}
		}
	}
	return nil
}

// Rule is an alert rule of a UID, nil if there is none.
func (s *Server) Rule(uid string) Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return clone(s.rule(uid))
}

// EditRule changes an alert rule as a person would, whatever its provenance.
func (s *Server) EditRule(uid string, edit func(rule Object)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(s.rule(uid))
}

// MoveRule puts an alert rule into another group as a person would; a folder of "" deletes it.
func (s *Server) MoveRule(uid, folder, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rule := s.rule(uid)
	for _, group := range s.groups {
		group.rules = slices.DeleteFunc(group.rules, func(o Object) bool { return o["uid"] == uid })
	}
	if folder == "" {
		return
	}
	rule["folderUID"], rule["ruleGroup"] = folder, title
	key := folder + "/" + title
	if s.groups[key] == nil {
		s.groups[key] = &group{folder: folder, title: title, interval: 60}
	}
	s.groups[key].rules = append(s.groups[key].rules, rule)
}
