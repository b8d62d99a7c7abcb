package dashboards

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/grafana/grafana-openapi-client-go/client/datasources"
	"github.com/grafana/grafana-openapi-client-go/models"
)

// Source is the ClickHouse endpoint that Grafana's server asks: the query door of the
// collector, or the HTTP port of a ClickHouse server.
type Source struct {
	Endpoint string // such as http://127.0.0.1:9921 or https://clickhouse.example.cn:8443/path, as the host of Grafana reaches it
	User     string // read-only
	Password string // empty: the one that Grafana has is kept
	Database string
	CA       []byte // certificates in PEM that Grafana trusts for the endpoint; none if empty
}

// publishedKey is the key of jsonData under which a data source remembers what was published.
const publishedKey = "yunjianPublished"

// settings are the keys of jsonData that are set, by the names of the plugin.
func (s *Source) settings() (object, error) {
	address, err := url.Parse(s.Endpoint)
	if err != nil || address.Hostname() == "" || address.Scheme != "http" && address.Scheme != "https" || address.User != nil || address.RawQuery != "" {
		return nil, fmt.Errorf("endpoint %q: want http(s)://HOST[:PORT][/PATH] without a user", s.Endpoint)
	}
	secure := address.Scheme == "https"
	port := 8123
	if secure {
		port = 8443
	}
	if text := address.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("endpoint %q: port %q is none", s.Endpoint, text)
		}
	}
	if len(s.CA) > 0 && !secure {
		return nil, fmt.Errorf("endpoint %q: a CA is for https only", s.Endpoint)
	}
	return object{
		"host": address.Hostname(), "port": port, "protocol": "http", "secure": secure, "path": strings.Trim(address.Path, "/"),
		"tlsSkipVerify": false, "tlsAuthWithCACert": len(s.CA) > 0, "username": s.User, "defaultDatabase": s.Database,
	}, nil
}

// secrets are what Grafana keeps and never shows.
func (s *Source) secrets() map[string]string {
	all := map[string]string{}
	if s.Password != "" {
		all["password"] = s.Password
	}
	if len(s.CA) > 0 {
		all["tlsCACert"] = string(s.CA)
	}
	return all
}

// seal tells whether secrets are those that were published last. Every viewer of Grafana can
// read it, so it is keyed with the token: without that, no guess at the password can be tried.
func seal(secrets map[string]string, token string) string {
	if len(secrets) == 0 {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(token))
	for _, key := range []string{"password", "tlsCACert"} {
		fmt.Fprintf(mac, "%d %s", len(secrets[key]), secrets[key])
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// lookSource finds out what is to be done about the data source.
func (p *publisher) lookSource(ctx context.Context) (stage, error) {
	found, err := call(ctx, quoted("get", "data source", DataSourceUID), func(ctx context.Context) (*datasources.GetDataSourceByUIDOK, error) {
		return p.sources.GetDataSourceByUIDWithParams(datasources.NewGetDataSourceByUIDParamsWithContext(ctx).WithUID(DataSourceUID))
	})
	c := Change{Kind: KindSource, UID: DataSourceUID, Title: DataSourceName, Action: Unchanged}
	switch code := status(err); {
	case code == 0 && err != nil:
		return stage{}, err
	case code == http.StatusForbidden && p.Source == nil:
		c.Reason = "not looked at: only a service account of role Admin sees data sources"
		return only(c), nil
	case code == http.StatusForbidden:
		c.Action, c.Reason = Refused, "only a service account of role Admin may make data sources; leave the endpoint out once there is one"
		return only(c), nil
	case code == http.StatusNotFound:
		return p.planSource(nil)
	case code != 0:
		return stage{}, err
	}
	return p.planSource(found.Payload)
}

// planSource says what is to be done about the data source; there is nil if it is missing.
func (p *publisher) planSource(there *models.DataSource) (stage, error) {
	c := Change{Kind: KindSource, UID: DataSourceUID, Title: DataSourceName, Action: Unchanged}
	if p.Source == nil {
		if there == nil {
			c.Action, c.Reason = Refused, "it is not there, and no endpoint was given to make it for"
		}
		return only(c), nil
	}
	wanted, err := p.Source.settings()
	if err != nil {
		return stage{}, err
	}
	secrets := p.Source.secrets()
	published := maps.Clone(wanted)
	if mark := seal(secrets, p.token); mark != "" {
		published["secrets"] = mark
	}
	if there == nil {
		c.Action, c.Reason = Created, p.missing()
		data := maps.Clone(wanted)
		data[publishedKey] = published
		return stage{[]Change{c}, func(ctx context.Context) error { return p.addSource(ctx, data, secrets) }}, nil
	}
	data := plainObject(there.JSONData)
	before, ours := data[publishedKey].(object)
	delete(data, publishedKey)
	present := object{}
	for key := range wanted {
		present[key] = data[key]
	}
	c.Diff = differences(present, wanted, false)
	mark, _ := before["secrets"].(string)
	if fresh, given := published["secrets"]; given && fresh != mark {
		c.Diff = append(c.Diff, Difference{Path: "secrets", There: "others, or not known", Want: "those given"})
	} else if mark != "" {
		published["secrets"] = mark // none were given: those that Grafana has stay
	}
	delete(before, "secrets")
	lost := personal(before, present, wanted)
	switch {
	case there.Type != DataSourceType:
		c.Action, c.Reason, c.Diff = Refused, fmt.Sprintf("a data source of type %q has its UID; delete that one", there.Type), nil
		return only(c), nil
	case len(c.Diff) == 0:
		return only(c), nil
	case there.ReadOnly:
		c.Action, c.Reason = Refused, "it comes from a file on the Grafana server; change it there"
		return only(c), nil
	case !ours && !p.Overwrite:
		c.Action, c.Reason = Refused, "it was not published by this program"
		return only(c), nil
	case len(lost) > 0 && !p.Overwrite:
		c.Action, c.Reason, c.Diff = Refused, "a person changed it", lost
		return only(c), nil
	}
	c.Action = Updated
	maps.Copy(data, wanted) // what a person has set beside stays
	data[publishedKey] = published
	return stage{[]Change{c}, func(ctx context.Context) error { return p.putSource(ctx, there, data, secrets) }}, nil
}

func (p *publisher) addSource(ctx context.Context, data object, secrets map[string]string) error {
	_, err := call(ctx, quoted("add", "data source", DataSourceUID), func(ctx context.Context) (*datasources.AddDataSourceOK, error) {
		body := &models.AddDataSourceCommand{UID: DataSourceUID, Name: DataSourceName, Type: DataSourceType, Access: "proxy", JSONData: data, SecureJSONData: secrets}
		return p.sources.AddDataSourceWithParams(datasources.NewAddDataSourceParamsWithContext(ctx).WithBody(body))
	})
	return err
}

// putSource replaces the settings. Secrets that are left out are kept; whether it is the
// default data source is sent back as it was, since leaving it out unsets it.
func (p *publisher) putSource(ctx context.Context, there *models.DataSource, data object, secrets map[string]string) error {
	_, err := call(ctx, quoted("update", "data source", DataSourceUID), func(ctx context.Context) (*datasources.UpdateDataSourceByUIDOK, error) {
		body := &models.UpdateDataSourceCommand{
			UID: DataSourceUID, Name: there.Name, Type: DataSourceType, Access: "proxy", IsDefault: there.IsDefault, Version: there.Version,
			URL: there.URL, User: there.User, Database: there.Database, BasicAuth: there.BasicAuth, BasicAuthUser: there.BasicAuthUser, WithCredentials: there.WithCredentials,
			JSONData: data, SecureJSONData: secrets,
		}
		return p.sources.UpdateDataSourceByUIDWithParams(datasources.NewUpdateDataSourceByUIDParamsWithContext(ctx).WithUID(DataSourceUID).WithBody(body))
	})
	return err
}

// check asks Grafana to ask the data source, and says in words what came of it.
func (p *publisher) check(ctx context.Context) (words string, healthy bool) {
	found, err := call(ctx, quoted("check", "data source", DataSourceUID), func(ctx context.Context) (*datasources.CheckDatasourceHealthWithUIDOK, error) {
		return p.sources.CheckDatasourceHealthWithUIDWithParams(datasources.NewCheckDatasourceHealthWithUIDParamsWithContext(ctx).WithUID(DataSourceUID))
	})
	switch {
	case err == nil && found.Payload != nil:
		return "Grafana reaches the data source: " + found.Payload.Message, true
	case status(err) == http.StatusNotFound && p.DryRun:
		return "not checked: the data source is not there yet", true
	case status(err) == http.StatusForbidden:
		return "not checked: the token may not ask data sources", true
	}
	return fmt.Sprintf("the dashboards will stay empty: %v", err), false
}
