package dashboards

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Site is what the files for provisioning have to know of the place.
type Site struct {
	// Dashboards is the folder of the dashboards on Grafana's host.
	Dashboards string
	// Host and Port are where Grafana reaches the database over HTTP, TLS whether by HTTPS.
	Host string
	Port int
	TLS  bool
	// Database is its name, User a read-only user.
	Database, User string
}

// PasswordVariable is the environment variable from which Grafana takes the password of
// the data source.
const PasswordVariable = "YUNJIAN_GRAFANA_PASSWORD"

// alertWindow is the time range of an alert's question, in seconds. Questions look back by
// themselves from its end.
const alertWindow = 3600

// Export writes files for Grafana's provisioning below dir and returns their names below
// it, sorted. A file that is there already is replaced by the same or a newer content;
// others are left alone.
func Export(dir string, site Site) ([]string, error) {
	files, err := exported(site)
	if err != nil {
		return nil, err
	}
	var names []string
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return nil, fmt.Errorf("write provisioning: %w", err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// exported are the files by name.
func exported(site Site) (map[string][]byte, error) {
	all, err := Dashboards()
	if err != nil {
		return nil, err
	}
	groups, err := Alerts()
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, d := range all {
		out[filepath.Join("dashboards", d.UID+".json")] = d.JSON
	}
	for name, content := range map[string]object{
		"datasources/yunjian.yaml": dataSourceFile(site),
		"dashboards/yunjian.yaml":  providerFile(site),
		"alerting/yunjian.yaml":    alertingFile(groups),
	} {
		var text bytes.Buffer
		e := yaml.NewEncoder(&text)
		e.SetIndent(2)
		if err := e.Encode(content); err != nil {
			return nil, fmt.Errorf("encode %s: %w", name, err)
		}
		out[filepath.Join("provisioning", name)] = text.Bytes()
	}
	return out, nil
}

func dataSourceFile(site Site) object {
	return object{"apiVersion": 1, "datasources": []object{{
		"name": DataSourceName, "uid": DataSourceUID, "type": DataSourceType, "access": "proxy", "orgId": 1, "editable": false,
		"jsonData": object{
			"protocol": "http", "host": site.Host, "port": site.Port, "secure": site.TLS, "username": site.User,
			"defaultDatabase": site.Database, "dialTimeout": "10", "queryTimeout": "60", "validateSql": false,
		},
		"secureJsonData": object{"password": "$" + PasswordVariable},
	}}}
}

func providerFile(site Site) object {
	return object{"apiVersion": 1, "providers": []object{{
		"name": "yunjian", "orgId": 1, "folder": FolderTitle, "folderUid": FolderUID, "type": "file",
		"disableDeletion": true, "allowUiUpdates": false, "updateIntervalSeconds": 60, "options": object{"path": site.Dashboards},
	}}}
}

// alertingFile names the folder by a title of its own: Grafana loads alerting before
// dashboards and makes the folder then.
func alertingFile(groups []RuleGroup) object {
	var out []object
	for _, g := range groups {
		var rules []object
		for i := range g.Rules {
			r := &g.Rules[i]
			data, labels, annotations := r.query(alertWindow)
			rules = append(rules, object{
				"uid": r.UID, "title": r.Title, "condition": "B", "data": data, "for": r.For.String(),
				"noDataState": r.NoData, "execErrState": "Error", "labels": labels, "annotations": annotations, "isPaused": false,
			})
		}
		out = append(out, object{"orgId": 1, "name": g.Title, "folder": AlertFolderTitle, "interval": g.Interval.String(), "rules": rules})
	}
	return object{"apiVersion": 1, "groups": out}
}
