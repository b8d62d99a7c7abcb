package dashboards

import (
	"context"
	"fmt"
	"net/http"
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
	ours := map[string]bool{}
	for i := range want.Rules {
		ours[want.Rules[i].UID] = true
		keep(p.planRule(there, want, &want.Rules[i]))
	}
	for _, rule := range there.rules {
		provenance = provenance || rule.Provenance != ""
		if ours[rule.UID] {
			continue
		}
		published, stamped := publishedRule(rule)
		present := ruleView(rule, there.seconds)
		c := Change{Kind: KindRule, UID: rule.UID, Title: text(rule.Title)}
		switch lost := personal(published, present, nil); {
		case !stamped: // a person put it here
			send = append(send, rule)
		case len(lost) > 0 && !p.Overwrite:
			c.Action, c.Reason, c.Diff = Refused, "it is no longer published, but a person changed it", lost
			keep(c, rule)
		default:
			c.Action, c.Reason = Deleted, "it is no longer published"
			keep(c, nil)
		}
	}
	if pending {
		body := &models.AlertRuleGroup{Title: want.Title, FolderUID: AlertFolderUID, Interval: int64(want.Interval / time.Second), Rules: send}
		s.write = func(ctx context.Context) error { return p.putGroup(ctx, body, provenance) }
	}
	return s
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
		c.Action, c.Reason = Created, "it is not there: new, or deleted by a person"
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
	place := fmt.Sprintf("a person moved it to the group %q in the folder %q", text(present.RuleGroup), text(present.FolderUID))
	// What persons set about a rule, rather than in it, is theirs also when the rule is replaced.
	sent.IsPaused, sent.NotificationSettings = present.IsPaused, present.NotificationSettings
	sent.KeepFiringFor, sent.MissingSeriesEvalsToResolve = present.KeepFiringFor, present.MissingSeriesEvalsToResolve
	switch {
	case present.Provenance == "file":
		if len(c.Diff) > 0 {
			c.Action, c.Reason = Refused, "it comes from a file on the Grafana server; change it there"
		}
	case elsewhere && !p.Overwrite:
		c.Reason = place + ", where it stays"
		if len(c.Diff) > 0 {
			c.Action, c.Reason = Refused, place+"; it can be changed only where it belongs"
		}
		return c, nil
	case elsewhere:
		c.Action, c.Reason = Updated, place+"; it is moved back"
		return c, sent
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
	return c, present
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
