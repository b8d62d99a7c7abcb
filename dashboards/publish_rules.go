package dashboards

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/grafana/grafana-openapi-client-go/client/provisioning"
	"github.com/grafana/grafana-openapi-client-go/models"
)

// ruleList is every alert rule that Grafana has, of any folder.
type ruleList []*models.ProvisionedAlertRule

// presentGroup is a group as Grafana has it.
type presentGroup struct {
	seconds int64    // between two evaluations
	rules   ruleList // of the group, in order
	all     ruleList // of this Grafana, to find those that a person has moved
}

func (p *publisher) listRules(ctx context.Context) (ruleList, error) {
	found, err := call(ctx, "list the alert rules", func(ctx context.Context) (*provisioning.GetAlertRulesOK, error) {
		return p.alerting.GetAlertRulesWithParams(provisioning.NewGetAlertRulesParamsWithContext(ctx))
	})
	if err != nil {
		return nil, err
	}
	return ruleList(found.Payload), nil
}

// lookGroup finds out what is to be done about a group of rules.
func (p *publisher) lookGroup(ctx context.Context, want RuleGroup) (stage, error) {
	found, err := call(ctx, quoted("get", "group of alert rules", want.Title), func(ctx context.Context) (*provisioning.GetAlertRuleGroupOK, error) {
		return p.alerting.GetAlertRuleGroupWithParams(provisioning.NewGetAlertRuleGroupParamsWithContext(ctx).WithFolderUID(AlertFolderUID).WithGroup(want.Title))
	})
	there := presentGroup{all: p.rules}
	switch code := status(err); {
	case err == nil:
		there.seconds, there.rules = found.Payload.Interval, found.Payload.Rules
	case code != http.StatusNotFound && code != http.StatusForbidden: // 403: the folder is missing, and an Editor asks
		return stage{}, err
	}
	return p.planGroup(there, want), nil
}

// planGroup says what is to be done about each rule of a group. The group is written as a
// whole, so rules that stay are sent back as they are.
func (p *publisher) planGroup(there presentGroup, want RuleGroup) stage {
	var s stage
	var send ruleList
	pending, provenance := false, false
	keep := func(c Change, rule *models.ProvisionedAlertRule) {
		s.changes = append(s.changes, c)
		if c.Action == Created || c.Action == Updated || c.Action == Deleted {
			pending = true
		}
		if rule != nil {
			send = append(send, rule)
		}
	}
	for i := range want.Rules {
		rule := there.all.find(want.Rules[i].UID)
		provenance = provenance || rule != nil && rule.Provenance != ""
		keep(p.planRule(there, want, &want.Rules[i]))
	}
	for _, rule := range there.rules {
		provenance = provenance || rule.Provenance != ""
		group, wanted := p.group(rule.UID)
		published, stamped := publishedRule(rule)
		c := Change{Kind: KindRule, UID: rule.UID, Title: text(rule.Title)}
		switch lost := personal(published, ruleView(rule, there.seconds), nil); {
		case wanted && group == want.Title:
		case !stamped, moved(rule) && (!wanted || !p.Overwrite): // a person put it here
			send = append(send, rule)
		case wanted && p.stays(there, rule.UID):
			send = append(send, rule)
		case wanted: // it goes to another group
		case len(lost) > 0 && !p.Overwrite:
			c.Action, c.Reason, c.Diff = Refused, "it is no longer published, but a person changed it", lost
			keep(c, rule)
		default:
			c.Action, c.Reason = Deleted, "it is no longer published"
			keep(c, nil)
		}
	}
	switch {
	case pending && len(send) == 0:
		s.write = func(ctx context.Context) error { return p.deleteRules(ctx, s.changes, provenance) }
	case pending:
		body := &models.AlertRuleGroup{Title: want.Title, FolderUID: AlertFolderUID, Interval: cmp.Or(int64(want.Interval/time.Second), there.seconds), Rules: send}
		s.write = func(ctx context.Context) error { return p.putGroup(ctx, body, provenance) }
	}
	return s
}

// group is the title of the group that a rule is to be in, if it is to be anywhere.
func (p *publisher) group(uid string) (title string, wanted bool) {
	for _, group := range p.Alerts {
		if slices.ContainsFunc(group.Rules, func(r Rule) bool { return r.UID == uid }) {
			return group.Title, true
		}
	}
	return "", false
}

// stays tells whether a rule that is to go to another group is refused, and so stays here.
func (p *publisher) stays(there presentGroup, uid string) bool {
	for _, group := range p.Alerts {
		for i := range group.Rules {
			if group.Rules[i].UID == uid {
				c, _ := p.planRule(presentGroup{all: there.all}, group, &group.Rules[i])
				return c.Action == Refused
			}
		}
	}
	return false
}

// formerGroups are the groups that an earlier version of the program has published and this
// one does not, without rules.
func (p *publisher) formerGroups() []RuleGroup {
	var all []RuleGroup
	for _, rule := range p.rules {
		_, stamped := publishedRule(rule)
		title := text(rule.RuleGroup)
		named := func(g RuleGroup) bool { return g.Title == title }
		if _, wanted := p.group(rule.UID); wanted || !stamped || moved(rule) || slices.ContainsFunc(p.Alerts, named) || slices.ContainsFunc(all, named) {
			continue
		}
		all = append(all, RuleGroup{Title: title})
	}
	return all
}

// planRule says what is to be done about one rule, and what of it goes into the group: ours,
// the one that is there, or none if a person has moved it elsewhere.
func (p *publisher) planRule(there presentGroup, group RuleGroup, rule *Rule) (Change, *models.ProvisionedAlertRule) {
	c := Change{Kind: KindRule, UID: rule.UID, Title: rule.Title, Action: Unchanged}
	sent := newRule(rule, group)
	seconds := int64(group.Interval / time.Second)
	wanted := ruleView(sent, seconds)
	present, elsewhere := there.rules.find(rule.UID), false
	if present == nil {
		present, elsewhere = there.all.find(rule.UID), true
	}
	if present == nil {
		c.Action, c.Reason = Created, p.missing()
		return c, sent
	}
	had := there.seconds
	if elsewhere { // the interval of the other group is that group's affair
		had = seconds
	}
	view := ruleView(present, had)
	published, stamped := publishedRule(present)
	c.Diff = differences(view, wanted, true)
	lost := personal(published, view, wanted)
	// What persons set about a rule, rather than in it, is theirs also when the rule is replaced.
	sent.IsPaused, sent.NotificationSettings = present.IsPaused, present.NotificationSettings
	sent.KeepFiringFor, sent.MissingSeriesEvalsToResolve = present.KeepFiringFor, present.MissingSeriesEvalsToResolve
	switch {
	case present.Provenance == "file":
		if len(c.Diff) > 0 {
			c.Action, c.Reason = Refused, "it comes from a file on the Grafana server; change it there"
		}
	case elsewhere && (moved(present) || !stamped) && !p.Overwrite:
		place := fmt.Sprintf("it is in the group %q of the folder %q", text(present.RuleGroup), text(present.FolderUID))
		c.Reason = place + ", where a person put it and it stays"
		if ignoring(c.Diff, "folder", "group") > 0 {
			c.Action, c.Reason = Refused, place+", where a person put it; it can be changed only where it was published"
		} else {
			c.Diff = nil
		}
	case len(c.Diff) == 0:
	case !stamped && !p.Overwrite:
		c.Action, c.Reason = Refused, "it was not published by this program"
	case len(lost) > 0 && !p.Overwrite:
		c.Action, c.Reason, c.Diff = Refused, "a person changed it", lost
	default:
		c.Action = Updated
		if len(lost) > 0 {
			c.Reason = "a person changed it"
		}
		return c, sent
	}
	if elsewhere {
		return c, nil
	}
	return c, present
}

// ignoring is the number of differences but for those of some paths.
func ignoring(diff []Difference, paths ...string) int {
	sum := 0
	for _, d := range diff {
		if !slices.Contains(paths, d.Path) {
			sum++
		}
	}
	return sum
}

func (l ruleList) find(uid string) *models.ProvisionedAlertRule {
	for _, rule := range l {
		if rule != nil && rule.UID == uid {
			return rule
		}
	}
	return nil
}

// putGroup writes a group. Persons may edit what is published: the rules carry no provenance,
// unless some were made with one before, since Grafana does not change it.
func (p *publisher) putGroup(ctx context.Context, group *models.AlertRuleGroup, provenance bool) error {
	_, err := call(ctx, quoted("put", "group of alert rules", group.Title), func(ctx context.Context) (*provisioning.PutAlertRuleGroupOK, error) {
		ask := provisioning.NewPutAlertRuleGroupParamsWithContext(ctx).WithFolderUID(AlertFolderUID).WithGroup(group.Title).WithBody(group)
		if disable := "true"; !provenance {
			ask = ask.WithXDisableProvenance(&disable)
		}
		return p.alerting.PutAlertRuleGroup(ask)
	})
	return err
}

// deleteRules deletes the rules of a group of which none is left.
func (p *publisher) deleteRules(ctx context.Context, changes []Change, provenance bool) error {
	for _, c := range changes {
		if c.Action != Deleted {
			continue
		}
		_, err := call(ctx, quoted("delete", "alert rule", c.UID), func(ctx context.Context) (*provisioning.DeleteAlertRuleNoContent, error) {
			ask := provisioning.NewDeleteAlertRuleParamsWithContext(ctx).WithUID(c.UID)
			if disable := "true"; !provenance {
				ask = ask.WithXDisableProvenance(&disable)
			}
			return p.alerting.DeleteAlertRule(ask)
		})
		if err != nil && status(err) != http.StatusNotFound {
			return err
		}
	}
	return nil
}
