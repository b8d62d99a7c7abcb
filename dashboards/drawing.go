package dashboards

import "fmt"

// drawing returns the options of a panel's kind and what is drawn of a field.
func (p *panel) drawing() (options, custom object, err error) {
	reduce := object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}
	legend := object{"showLegend": true, "displayMode": "table", "placement": "bottom", "calcs": []string{"mean", "max", "lastNotNull"}}
	stacking := object{"mode": "none", "group": "A"}
	if p.Stack {
		stacking["mode"] = "normal"
	}
	switch p.Kind {
	case "stat":
		return object{
			"reduceOptions": reduce, "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
			"textMode": "auto", "wideLayout": true, "showPercentChange": false,
		}, object{}, nil
	case "timeseries":
		fill := 0
		if p.Stack {
			fill = 30
		}
		return object{"legend": legend, "tooltip": object{"mode": "multi", "sort": "desc"}}, object{
			"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": fill, "showPoints": "auto", "pointSize": 4,
			"spanNulls": false, "stacking": stacking, "axisPlacement": "auto",
			// A line where a colour begins is worth showing only if there are colours.
			"thresholdsStyle": object{"mode": p.thresholdLines()},
		}, nil
	case "barchart":
		legend["displayMode"], legend["calcs"] = "list", []string{}
		mode := "none"
		if p.Stack {
			mode = "normal"
		}
		return object{
			"orientation": "auto", "showValue": "auto", "stacking": mode, "legend": legend, "tooltip": object{"mode": "multi", "sort": "none"},
			"barWidth": 0.8, "groupWidth": 0.7, "xTickLabelRotation": 0, "fullHighlight": false,
		}, object{"fillOpacity": 70, "lineWidth": 1, "axisPlacement": "auto"}, nil
	case "bargauge":
		reduce["values"] = true
		return object{
			"reduceOptions": reduce, "displayMode": "basic", "orientation": "horizontal", "valueMode": "color", "showUnfilled": true,
			"namePlacement": "auto", "sizing": "auto", "minVizHeight": 16, "minVizWidth": 8, "maxVizHeight": 40,
		}, object{}, nil
	case "heatmap":
		return object{
			"calculate": false, "cellGap": 1, "rowsFrame": object{"layout": "auto"}, "legend": object{"show": true}, "showValue": "never",
			"color":        object{"mode": "scheme", "scheme": "Blues", "exponent": 0.5, "fill": "dark-blue", "reverse": false, "scale": "exponential", "steps": 64},
			"filterValues": object{"le": 1e-9}, "tooltip": object{"mode": "single", "yHistogram": false, "showColorScale": true},
			"yAxis": object{"axisPlacement": "left", "reverse": false}, "cellValues": object{"unit": p.Unit},
		}, object{"hideFrom": object{"legend": false, "tooltip": false, "viz": false}}, nil
	case "table":
		return object{"showHeader": true, "cellHeight": "sm", "footer": object{"show": false, "reducer": []string{"sum"}, "fields": "", "countRows": false}},
			object{"align": "auto", "filterable": true, "inspect": false, "cellOptions": object{"type": "auto"}}, nil
	}
	return nil, nil, fmt.Errorf("kind %q is not one that can be drawn", p.Kind)
}

func (p *panel) thresholdLines() string {
	if len(p.Steps) > 1 {
		return "dashed"
	}
	return "off"
}
