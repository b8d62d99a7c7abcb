package dashboards

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/grafana/grafana-openapi-client-go/client/health"
)

// Publication is what is to be in Grafana.
type Publication struct {
	Dashboards []Dashboard
	Alerts     []RuleGroup
	Source     *Source // nil: the data source is taken as it is
	Parent     string  // UID of the folder that new folders are made in, empty for none
	Overwrite  bool    // replace what persons have changed as well
	DryRun     bool    // only say what would be done

	// Progress is called for each object once what becomes of it is known; nil for none.
	Progress func(Change)
}

// Kind is what a change is about.
type Kind string

// Kinds of objects.
const (
	KindFolder    Kind = "folder"
	KindSource    Kind = "data-source"
	KindDashboard Kind = "dashboard"
	KindRule      Kind = "alert-rule"
)

// Action is what becomes of an object.
type Action string

// Actions. With DryRun they say what would become of it.
const (
	Created   Action = "created"
	Updated   Action = "updated"
	Deleted   Action = "deleted"
	Unchanged Action = "unchanged"
	Refused   Action = "refused" // a person has changed it, or it is not ours
	Failed    Action = "failed"  // Grafana did not take it
)

// Change is what becomes of one object, and why.
type Change struct {
	Kind   Kind         `json:"kind"`
	UID    string       `json:"uid"`
	Title  string       `json:"title"`
	Action Action       `json:"action"`
	Reason string       `json:"reason,omitempty"`
	Diff   []Difference `json:"diff,omitempty"` // of an update: what it changes; of a refusal: what a person changed
}

// Report is what a publication has done.
type Report struct {
	GrafanaVersion string   `json:"grafana_version"`
	DryRun         bool     `json:"dry_run"`
	Changes        []Change `json:"changes"`
	Health         string   `json:"data_source_health"` // in words
	Healthy        bool     `json:"data_source_healthy"`
	Notes          []string `json:"notes,omitempty"`
}

// Count is the number of changes of an action.
func (r *Report) Count(action Action) int {
	sum := 0
	for i := range r.Changes {
		if r.Changes[i].Action == action {
			sum++
		}
	}
	return sum
}

// Pending is the number of objects that are, or with DryRun would be, written.
func (r *Report) Pending() int { return r.Count(Created) + r.Count(Updated) + r.Count(Deleted) }

// stage is what one write does, and to which objects.
type stage struct {
	changes []Change
	write   func(context.Context) error // nil: there is nothing to write
}

// only is a stage about one object that writes nothing.
func only(c Change) stage { return stage{changes: []Change{c}} }

// publisher is one run.
type publisher struct {
	*door
	Publication
	rules ruleList // that Grafana has
	fresh bool     // whether the folder of the dashboards was missing
}

// Publish brings folders, data source, dashboards and alert rules into Grafana, in this
// order. It looks at everything before it writes anything, and writes only what differs, so
// that a second run changes nothing and one that was cut off is taken up by the next. What a
// person has changed since it was published is left alone unless Overwrite is set. An error
// means that the run ended early; objects that Grafana did not take are in the report.
func Publish(ctx context.Context, g Grafana, want Publication) (*Report, error) {
	d, err := open(g)
	if err != nil {
		return nil, err
	}
	p := &publisher{door: d, Publication: want}
	report := &Report{DryRun: p.DryRun, Changes: []Change{}}
	found, err := call(ctx, "ask for Grafana's version", func(ctx context.Context) (*health.GetHealthOK, error) {
		return d.health.GetHealthWithParams(health.NewGetHealthParamsWithContext(ctx))
	})
	if err != nil {
		return nil, err
	}
	report.GrafanaVersion = cmp.Or(found.Payload.Version, "unknown")
	if !strings.HasPrefix(report.GrafanaVersion, "12.") {
		report.Notes = append(report.Notes, "publishing was made for Grafana 12.2; it is untried with "+report.GrafanaVersion)
	}
	looks, err := p.looks(ctx)
	if err != nil {
		return report, err
	}
	stages := make([]stage, len(looks))
	for i, look := range looks {
		if stages[i], err = look(ctx); err != nil {
			return report, err
		}
	}
	for i := range stages {
		done := stages[i]
		if p.DryRun {
			p.validate(ctx, &done)
		} else if done, err = p.apply(ctx, done, looks[i]); err != nil {
			return report, err
		}
		for _, c := range done.changes {
			report.Changes = append(report.Changes, c)
			if p.Progress != nil {
				p.Progress(c)
			}
		}
	}
	report.Health, report.Healthy = p.check(ctx)
	return report, ctx.Err()
}

// looks are the questions whose answers are the stages.
func (p *publisher) looks(ctx context.Context) ([]func(context.Context) (stage, error), error) {
	var err error
	if len(p.Alerts) > 0 {
		if p.rules, err = p.listRules(ctx); err != nil {
			return nil, err
		}
	}
	looks := []func(context.Context) (stage, error){
		func(ctx context.Context) (stage, error) { return p.lookFolder(ctx, FolderUID, FolderTitle) },
	}
	if len(p.Alerts) > 0 {
		looks = append(looks, func(ctx context.Context) (stage, error) { return p.lookFolder(ctx, AlertFolderUID, AlertFolderTitle) })
	}
	looks = append(looks, p.lookSource)
	for _, board := range p.Dashboards {
		looks = append(looks, func(ctx context.Context) (stage, error) { return p.lookDashboard(ctx, board) })
	}
	for _, group := range slices.Concat(p.Alerts, p.formerGroups()) {
		looks = append(looks, func(ctx context.Context) (stage, error) { return p.lookGroup(ctx, group) })
	}
	return looks, nil
}

// apply writes a stage. What has come in between is looked at once more.
func (p *publisher) apply(ctx context.Context, s stage, look func(context.Context) (stage, error)) (stage, error) {
	for try := 1; s.write != nil; try++ {
		err := s.write(ctx)
		if err == nil {
			return s, nil
		}
		code := status(err)
		if code == 0 || code == http.StatusUnauthorized || ctx.Err() != nil {
			return s, err // nobody is there, or nobody lets us in: the others would not fare better
		}
		again := code == http.StatusConflict || code == http.StatusPreconditionFailed
		if !again || try == tries {
			return s.failed(err.Error()), nil
		}
		if s, err = look(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

// failed says of all that a stage was to write that it was not.
func (s stage) failed(reason string) stage {
	changes := make([]Change, len(s.changes))
	for i, c := range s.changes {
		if c.Action == Created || c.Action == Updated || c.Action == Deleted {
			c.Action, c.Reason = Failed, reason
		}
		changes[i] = c
	}
	return stage{changes: changes}
}

// validate lets Grafana check dashboards strictly without keeping them, if it can.
func (p *publisher) validate(ctx context.Context, s *stage) {
	c := &s.changes[0]
	if c.Kind != KindDashboard || c.Action != Created && c.Action != Updated {
		return
	}
	for _, board := range p.Dashboards {
		if board.UID != c.UID {
			continue
		}
		code, said, err := p.strict(ctx, board)
		switch {
		case err != nil:
			c.Reason = strings.TrimPrefix(c.Reason+"; not validated by Grafana: "+err.Error(), "; ")
		case code == http.StatusBadRequest || code == http.StatusUnprocessableEntity:
			c.Action, c.Reason = Failed, "Grafana would refuse it: "+said
		}
	}
}

// strict posts a dashboard to the resource API as a dry run under a name of its own, since
// a name that exists is a conflict before anything is validated. Servers without that API,
// and tokens that may not use it, answer 404 and 403: then nothing is known.
func (p *publisher) strict(ctx context.Context, board Dashboard) (code int, said string, err error) {
	body, err := json.Marshal(object{
		"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard",
		"metadata": object{"name": board.UID[:min(len(board.UID), 32)] + "-dryrun"}, "spec": json.RawMessage(board.JSON),
	})
	if err != nil {
		return 0, "", err
	}
	address := p.base.String() + "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards?dryRun=All&fieldValidation=Strict"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := p.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, message(data), err
}

// quoted names an object in an error.
func quoted(verb, kind, uid string) string { return fmt.Sprintf("%s the %s %q", verb, kind, uid) }
