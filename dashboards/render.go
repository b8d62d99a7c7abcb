package dashboards

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schemaVersion is that of Grafana's classic JSON which we write.
const schemaVersion = 41

// allValue is what Grafana puts in place of a variable of which all values are chosen. It
// is put in as it is, without the quotes of the format.
const allValue = "'*'"

// object is a part of the JSON; its keys are written in order of the alphabet.
type object = map[string]any

// Dashboards returns the dashboards in the order in which links show them. The same
// program returns the same bytes.
func Dashboards() ([]Dashboard, error) {
	s, err := load()
	if err != nil {
		return nil, err
	}
	var out []Dashboard
	for _, name := range order() {
		b := s.boards[name]
		made, err := s.render(&b)
		if err != nil {
			return nil, fmt.Errorf("dashboard %s: %w", name, err)
		}
		text, err := json.MarshalIndent(made, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("dashboard %s: %w", name, err)
		}
		out = append(out, Dashboard{UID: b.UID, Title: b.Title, JSON: append(text, '\n')})
	}
	return out, nil
}

func (s *source) render(b *board) (object, error) {
	panels, err := s.panels(b)
	if err != nil {
		return nil, err
	}
	variables, err := s.templating(b)
	if err != nil {
		return nil, err
	}
	return object{
		"uid": b.UID, "title": b.Title, "description": b.Description, "tags": []string{"yunjian"},
		"schemaVersion": schemaVersion, "version": 1, "editable": false, "graphTooltip": 1,
		"timezone": "Asia/Shanghai", "weekStart": "monday", "refresh": "", "fiscalYearStartMonth": 0, "liveNow": false,
		"time":        object{"from": "now-" + b.Range, "to": "now"},
		"timepicker":  object{},
		"annotations": object{"list": []object{}},
		"links":       s.links(b),
		"templating":  object{"list": variables},
		"panels":      panels,
	}, nil
}

// links lead to the other dashboards, with the time and the chosen variables.
func (s *source) links(of *board) []object {
	out := []object{}
	for _, name := range order() {
		b := s.boards[name]
		if b.UID == of.UID {
			continue
		}
		out = append(out, object{
			"type": "link", "title": b.Title, "tooltip": b.Description, "url": "/d/" + b.UID, "icon": "dashboard", "tags": []string{},
			"asDropdown": false, "targetBlank": false, "includeVars": true, "keepTime": true,
		})
	}
	return out
}

func dataSource() object { return object{"type": DataSourceType, "uid": "${datasource}"} }

func (s *source) templating(b *board) ([]object, error) {
	out := []object{{
		"type": "datasource", "name": "datasource", "label": "Data source", "query": DataSourceType, "regex": "",
		"current": object{"text": DataSourceName, "value": DataSourceUID},
		"hide":    0, "includeAll": false, "multi": false, "options": []object{}, "refresh": 1, "skipUrlSync": false,
	}}
	for _, name := range b.Variables {
		v, err := s.variable(name)
		if err != nil {
			return nil, err
		}
		question, err := s.sql.fill(v.SQL)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		out = append(out, object{
			"type": "query", "name": v.Name, "label": v.Label, "description": v.Description, "datasource": dataSource(),
			"query": question, "definition": question, "regex": "", "refresh": 2, "sort": 0,
			"multi": true, "includeAll": true, "allValue": allValue,
			"current": object{"text": []string{"All"}, "value": []string{"$__all"}},
			"hide":    0, "options": []object{}, "skipUrlSync": false,
		})
	}
	return out, nil
}

// page is the width of a dashboard.
const page = 24

// panels lays rows and panels out from the top left and numbers them from 1.
func (s *source) panels(b *board) ([]object, error) {
	var out []object
	id, y := 0, 0
	next := func() int { id++; return id }
	for i := range b.Rows {
		r := &b.Rows[i]
		heading := object{
			"id": next(), "type": "row", "title": r.Title, "collapsed": r.Collapsed,
			"gridPos": object{"x": 0, "y": y, "w": page, "h": 1}, "panels": []object{},
		}
		y++
		inside := []object{}
		x, tallest := 0, 0
		for j := range r.Panels {
			p := r.Panels[j]
			p.size()
			if x+p.Width > page {
				x, y, tallest = 0, y+tallest, 0
			}
			made, err := s.panel(&p, next())
			if err != nil {
				return nil, fmt.Errorf("panel %q: %w", p.Title, err)
			}
			made["gridPos"] = object{"x": x, "y": y, "w": p.Width, "h": p.Height}
			x, tallest = x+p.Width, max(tallest, p.Height)
			inside = append(inside, made)
		}
		if r.Collapsed { // Grafana keeps the panels of a closed row in it
			heading["panels"] = inside
			out = append(out, heading)
			continue
		}
		y += tallest
		out = append(append(out, heading), inside...)
	}
	return out, nil
}

// size fills in the size that the kind has if the file does not say.
func (p *panel) size() {
	w, h := page/2, 8
	if p.Kind == "stat" {
		w, h = 4, 4
	}
	if p.Kind == "table" {
		w, h = page, 10
	}
	if p.Width == 0 {
		p.Width = w
	}
	if p.Height == 0 {
		p.Height = h
	}
}

// formats of the plugin: how it makes frames of an answer.
const (
	formatTimeSeries = 0
	formatTable      = 1
)

func (p *panel) overTime() bool { return p.Kind == "timeseries" || p.Kind == "heatmap" }

func (s *source) panel(p *panel, id int) (object, error) {
	question, err := s.sql.fill(p.SQL)
	if err != nil {
		return nil, err
	}
	format, query := formatTable, "table"
	if p.overTime() {
		format, query = formatTimeSeries, "timeseries"
	}
	options, custom, err := p.drawing()
	if err != nil {
		return nil, err
	}
	overrides, err := s.overrides(p)
	if err != nil {
		return nil, err
	}
	none := p.NoValue
	if none == "" {
		none = s.words["none"]["absent"].Text
	}
	defaults := object{
		"unit": p.Unit, "noValue": none, "custom": custom, "mappings": []object{},
		"color":      object{"mode": p.coloring()},
		"thresholds": object{"mode": "absolute", "steps": p.steps()},
	}
	if p.Decimals != nil {
		defaults["decimals"] = *p.Decimals
	}
	if p.Min != nil {
		defaults["min"] = *p.Min
	}
	if p.Max != nil {
		defaults["max"] = *p.Max
	}
	if p.Series != "" {
		defaults["displayName"] = "${__field.labels." + p.Series + "}"
	}
	made := object{
		"id": id, "type": p.Kind, "title": p.Title, "description": p.Description, "datasource": dataSource(),
		"targets": []object{{
			"refId": "A", "datasource": dataSource(), "editorType": "sql", "queryType": query, "format": format, "rawSql": question,
			"pluginVersion": "4.18.0",
		}},
		"options":     options,
		"fieldConfig": object{"defaults": defaults, "overrides": overrides},
		"transparent": false,
	}
	if p.overTime() {
		made["interval"] = "5m" // that of the values; a smaller one would leave holes
	}
	return made, nil
}

func (p *panel) steps() []object {
	if len(p.Steps) == 0 {
		return []object{{"color": "blue", "value": nil}}
	}
	out := []object{}
	for _, s := range p.Steps {
		var from any
		if s.From != nil {
			from = *s.From
		}
		out = append(out, object{"color": s.Color, "value": from})
	}
	return out
}

// coloring is by thresholds where a value alone stands for itself, else by series.
func (p *panel) coloring() string {
	switch p.Kind {
	case "stat", "bargauge", "table":
		return "thresholds"
	}
	return "palette-classic"
}

// overrides are the units, words, links, widths and bars of single columns.
func (s *source) overrides(p *panel) ([]object, error) {
	properties := map[string][]object{}
	add := func(column, id string, value any) {
		properties[column] = append(properties[column], object{"id": id, "value": value})
	}
	hidden := map[string]bool{}
	for _, column := range slices.Sorted(maps.Keys(p.Links)) {
		l := p.Links[column]
		to, ok := s.boards[l.To]
		if !ok {
			return nil, fmt.Errorf("link of column %s: no dashboard %q", column, l.To)
		}
		var url strings.Builder
		url.WriteString("/d/" + to.UID + "?${datasource:queryparam}&${__url_time_range}")
		for _, name := range l.By {
			if !slices.Contains(to.Variables, name) {
				return nil, fmt.Errorf("link of column %s: dashboard %s has no variable %s", column, l.To, name)
			}
			hidden[name] = true
			url.WriteString("&var-" + name + `=${__data.fields["` + name + `"]:percentencode}`)
		}
		add(column, "links", []object{{"title": to.Title, "url": url.String(), "targetBlank": false}})
	}
	for column, unit := range p.Units {
		add(column, "unit", unit)
	}
	for column, vocabulary := range p.Words {
		mapping, err := s.mapping(vocabulary)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", column, err)
		}
		add(column, "mappings", mapping)
		add(column, "custom.cellOptions", object{"type": "color-text"})
	}
	for _, column := range p.Gauges {
		add(column, "custom.cellOptions", object{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"})
	}
	for column, width := range p.Widths {
		add(column, "custom.width", width)
	}
	for name := range hidden {
		add(name, "custom.hidden", true)
	}
	out := []object{}
	for _, column := range slices.Sorted(maps.Keys(properties)) {
		list := properties[column]
		slices.SortStableFunc(list, func(a, b object) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
		out = append(out, object{"matcher": object{"id": "byName", "options": column}, "properties": list})
	}
	return out, nil
}

// mapping tells codes in words.
func (s *source) mapping(vocabulary string) ([]object, error) {
	words, ok := s.words[vocabulary]
	if !ok {
		return nil, fmt.Errorf("no vocabulary %q in words.yaml", vocabulary)
	}
	options := object{}
	for i, code := range slices.Sorted(maps.Keys(words)) {
		w := words[code]
		option := object{"text": w.Text, "index": i}
		if w.Color != "" {
			option["color"] = w.Color
		}
		options[code] = option
	}
	return []object{{"type": "value", "options": options}}, nil
}
