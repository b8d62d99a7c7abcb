package dashboards_test

import (
	"encoding/json"
	"testing"

	"github.com/yunjian-io/yunjian/dashboards"
)

// board is what the tests read of a dashboard's JSON.
type board struct {
	UID           string         `json:"uid"`
	Title         string         `json:"title"`
	Description   string         `json:"description"`
	Timezone      string         `json:"timezone"`
	Editable      *bool          `json:"editable"`
	GraphTooltip  int            `json:"graphTooltip"`
	SchemaVersion int            `json:"schemaVersion"`
	Time          map[string]any `json:"time"`
	Links         []struct {
		URL         string `json:"url"`
		KeepTime    bool   `json:"keepTime"`
		IncludeVars bool   `json:"includeVars"`
	} `json:"links"`
	Panels     []boardPanel `json:"panels"`
	Templating struct {
		List []boardVariable `json:"list"`
	} `json:"templating"`
}

type boardVariable struct {
	Type       string `json:"type"`
	Name       string `json:"name"`
	Label      string `json:"label"`
	Query      string `json:"query"`
	Refresh    int    `json:"refresh"`
	Multi      bool   `json:"multi"`
	IncludeAll bool   `json:"includeAll"`
	AllValue   string `json:"allValue"`
	Datasource source `json:"datasource"`
}

type source struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type boardPanel struct {
	ID          int          `json:"id"`
	Type        string       `json:"type"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Panels      []boardPanel `json:"panels"` // of a closed row
	Datasource  source       `json:"datasource"`
	GridPos     struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	} `json:"gridPos"`
	Targets []struct {
		RefID      string `json:"refId"`
		RawSQL     string `json:"rawSql"`
		Format     int    `json:"format"`
		EditorType string `json:"editorType"`
		Datasource source `json:"datasource"`
	} `json:"targets"`
	FieldConfig struct {
		Defaults struct {
			Unit    string `json:"unit"`
			NoValue string `json:"noValue"`
		} `json:"defaults"`
		Overrides []struct {
			Matcher struct {
				ID      string `json:"id"`
				Options string `json:"options"`
			} `json:"matcher"`
			Properties []struct {
				ID    string          `json:"id"`
				Value json.RawMessage `json:"value"`
			} `json:"properties"`
		} `json:"overrides"`
	} `json:"fieldConfig"`
}

// boards reads all dashboards.
func boards(t *testing.T) []board {
	t.Helper()
	all, err := dashboards.Dashboards()
	if err != nil {
		t.Fatal(err)
	}
	var out []board
	for _, d := range all {
		var b board
		if err := json.Unmarshal(d.JSON, &b); err != nil {
			t.Fatalf("%s: %v", d.UID, err)
		}
		out = append(out, b)
	}
	return out
}

// panels are the panels that ask something, those of closed rows too.
func (b *board) panels() (out []boardPanel) {
	for _, p := range b.Panels {
		if p.Type == "row" {
			out = append(out, p.Panels...)
			continue
		}
		out = append(out, p)
	}
	return out
}
