package dashboards_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/dashboards"
)

func site() dashboards.Site {
	return dashboards.Site{Dashboards: "/srv/d", Host: "collector.example", Port: 8443, TLS: true, Database: "yunjian", User: "grafana"}
}

// export writes to a folder and returns the files.
func export(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	names, err := dashboards.Export(dir, site())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(names) {
		t.Errorf("names %v", names)
	}
	out := map[string][]byte{}
	for _, name := range names {
		if out[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestExport(t *testing.T) {
	dir := t.TempDir()
	files := export(t, dir)
	all, err := dashboards.Dashboards()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if !bytes.Equal(files["dashboards/"+d.UID+".json"], d.JSON) {
			t.Errorf("%s is not what Dashboards returns", d.UID)
		}
	}
	if want := len(all) + 3; len(files) != want {
		t.Errorf("%d files; want %d", len(files), want)
	}
	if diff := cmp.Diff(files, export(t, dir)); diff != "" {
		t.Error("a second export changed files:", diff)
	}
	t.Run("data source", func(t *testing.T) {
		var got struct {
			Datasources []struct {
				UID, Type, Access string
				JSONData          map[string]any    `yaml:"jsonData"`
				SecureJSONData    map[string]string `yaml:"secureJsonData"`
			}
		}
		read(t, files["provisioning/datasources/yunjian.yaml"], &got)
		if len(got.Datasources) != 1 || got.Datasources[0].UID != dashboards.DataSourceUID || got.Datasources[0].Access != "proxy" {
			t.Fatalf("%+v", got)
		}
		d := got.Datasources[0]
		want := map[string]any{"host": "collector.example", "port": 8443, "secure": true, "protocol": "http", "username": "grafana", "defaultDatabase": "yunjian", "dialTimeout": "10", "queryTimeout": "60", "validateSql": false}
		if diff := cmp.Diff(want, d.JSONData); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]string{"password": "$" + dashboards.PasswordVariable}, d.SecureJSONData); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("folders", func(t *testing.T) {
		var provider struct {
			Providers []struct {
				Folder  string
				UID     string `yaml:"folderUid"`
				Options map[string]string
			}
		}
		read(t, files["provisioning/dashboards/yunjian.yaml"], &provider)
		if p := provider.Providers[0]; p.Folder != dashboards.FolderTitle || p.UID != dashboards.FolderUID || p.Options["path"] != "/srv/d" {
			t.Errorf("%+v", p)
		}
		checkAlerting(t, files["provisioning/alerting/yunjian.yaml"])
	})
}

// checkAlerting holds the file against the rules, read as Grafana does.
func checkAlerting(t *testing.T, text []byte) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name, Folder, Interval string
			Rules                  []struct {
				UID, Title, Condition, For string
				NoData                     string `yaml:"noDataState"`
				Annotations                map[string]string
				Data                       []struct {
					RefID string `yaml:"refId"`
					Model map[string]any
				}
			}
		}
	}
	read(t, text, &file)
	groups, err := dashboards.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) != len(groups) {
		t.Fatalf("%d groups; want %d", len(file.Groups), len(groups))
	}
	for i, g := range groups {
		// Grafana loads alerting first and finds the folder by its title: it must not be that
		// of the dashboards, whose UID is fixed.
		if file.Groups[i].Folder == dashboards.FolderTitle || file.Groups[i].Name != g.Title {
			t.Errorf("group %q in %q", file.Groups[i].Name, file.Groups[i].Folder)
		}
		for j, r := range g.Rules {
			got := file.Groups[i].Rules[j]
			if got.UID != r.UID || got.Condition != "B" || got.For != r.For.String() || got.NoData != r.NoData || len(got.Data) != 2 || got.Data[0].Model["rawSql"] != r.SQL {
				t.Errorf("%s: %+v", r.UID, got)
			}
			if got.Data[1].Model["expression"] != "A" || got.Data[1].Model["type"] != "threshold" {
				t.Errorf("%s: the condition is %v", r.UID, got.Data[1].Model)
			}
			// Grafana puts the environment into ${…} of annotations.
			for name, text := range got.Annotations {
				if strings.Contains(text, "${") {
					t.Errorf("%s: annotation %s holds a variable: %s", r.UID, name, text)
				}
			}
		}
	}
}

func read(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}
