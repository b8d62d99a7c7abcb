package dashboards

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/grafana/grafana-openapi-client-go/client/dashboards"
	"github.com/grafana/grafana-openapi-client-go/models"
)

// stamp begins the message of each version that is published. The hash of what was sent
// stands behind it, so that what Grafana makes of a dashboard (defaults, migrations) is never
// taken for a change.
const stamp = "yunjian-collector published sha256:"

// presentDashboard is a dashboard as Grafana has it, with its history.
type presentDashboard struct {
	model       object
	folder      string // UID of the folder it lies in
	provisioned bool   // from a file on the server: nothing can change it
	version     int64  // of its latest version
	history     bool   // whether its versions could be read; else the rest is unknown
	last        string // hash of what was published last, empty if there is none
	touched     bool   // whether a version came after it that is not ours
	published   any    // that version's model, as Grafana has it, if touched
	latest      any    // the latest version's model, if touched
}

// lookDashboard finds out what is to be done about a dashboard.
func (p *publisher) lookDashboard(ctx context.Context, want Dashboard) (stage, error) {
	found, err := call(ctx, quoted("get", "dashboard", want.UID), func(ctx context.Context) (*dashboards.GetDashboardByUIDOK, error) {
		return p.dashboards.GetDashboardByUIDWithParams(dashboards.NewGetDashboardByUIDParamsWithContext(ctx).WithUID(want.UID))
	})
	switch status(err) {
	case 0:
		if err != nil {
			return stage{}, err
		}
	case http.StatusNotFound, http.StatusForbidden: // as with folders; if it is there, saving says so
		return p.planDashboard(nil, want)
	default:
		return stage{}, err
	}
	there := &presentDashboard{model: plainObject(found.Payload.Dashboard)}
	if meta := found.Payload.Meta; meta != nil {
		there.folder, there.provisioned, there.version = meta.FolderUID, meta.Provisioned, meta.Version
	}
	if version, ok := there.model["version"].(float64); ok {
		there.version = int64(version)
	}
	if err := p.readHistory(ctx, want.UID, there); err != nil {
		return stage{}, err
	}
	return p.planDashboard(there, want)
}

// readHistory learns from the versions of a dashboard which is ours, and what a person has
// made of it since. A Grafana that does not tell leaves history unset.
func (p *publisher) readHistory(ctx context.Context, uid string, there *presentDashboard) error {
	found, err := call(ctx, quoted("list the versions of", "dashboard", uid), func(ctx context.Context) (*dashboards.GetDashboardVersionsByUIDOK, error) {
		return p.dashboards.GetDashboardVersionsByUID(dashboards.NewGetDashboardVersionsByUIDParamsWithContext(ctx).WithUID(uid))
	})
	if err != nil {
		return ctx.Err()
	}
	all := slices.DeleteFunc(found.Payload.Versions, func(v *models.DashboardVersionMeta) bool { return v == nil })
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b *models.DashboardVersionMeta) int { return cmp.Compare(b.Version, a.Version) })
	if all[0].Version < there.version {
		return nil // the latest is not among them
	}
	there.history, there.version = true, all[0].Version
	ours := slices.IndexFunc(all, func(v *models.DashboardVersionMeta) bool { return strings.HasPrefix(v.Message, stamp) })
	if ours < 0 {
		return nil
	}
	there.last, there.touched = strings.TrimPrefix(all[ours].Message, stamp), ours > 0
	if !there.touched {
		return nil
	}
	if there.published, err = p.readVersion(ctx, uid, all[ours].Version); err == nil {
		there.latest, err = p.readVersion(ctx, uid, all[0].Version)
	}
	return err
}

func (p *publisher) readVersion(ctx context.Context, uid string, version int64) (any, error) {
	found, err := call(ctx, fmt.Sprintf("get version %d of the dashboard %q", version, uid), func(ctx context.Context) (*dashboards.GetDashboardVersionByUIDOK, error) {
		return p.dashboards.GetDashboardVersionByUIDWithParams(dashboards.NewGetDashboardVersionByUIDParamsWithContext(ctx).WithUID(uid).WithDashboardVersionID(version))
	})
	if err != nil {
		return nil, err
	}
	return content(found.Payload.Data), nil
}

// content is a dashboard without what Grafana numbers it by.
func content(model any) object {
	plain := plainObject(model)
	for _, key := range []string{"id", "version", "iteration"} {
		delete(plain, key)
	}
	return plain
}

// planDashboard says what is to be done about a dashboard; there is nil if it is missing.
func (p *publisher) planDashboard(there *presentDashboard, want Dashboard) (stage, error) {
	var model object
	if err := json.Unmarshal(want.JSON, &model); err != nil {
		return stage{}, fmt.Errorf("dashboard %q: %w", want.UID, err)
	}
	model = content(model)
	canonical, err := json.Marshal(model)
	if err != nil {
		return stage{}, fmt.Errorf("dashboard %q: %w", want.UID, err)
	}
	sum := sha256.Sum256(canonical)
	hash := hex.EncodeToString(sum[:])
	c := Change{Kind: KindDashboard, UID: want.UID, Title: want.Title, Action: Unchanged}
	save := func(folder string, version int64) stage {
		return stage{[]Change{c}, func(ctx context.Context) error { return p.saveDashboard(ctx, want.UID, model, folder, version, hash) }}
	}
	if there == nil {
		c.Action, c.Reason = Created, p.missing()
		return save(FolderUID, 0), nil
	}
	moved := there.folder != FolderUID
	if moved && !p.Overwrite {
		c.Reason = fmt.Sprintf("a person moved it to the folder %q, where it stays", there.folder)
	}
	wanted := differences(there.model, model, false)
	reason, changed := there.changes(model, wanted)
	switch {
	case there.provisioned && len(wanted) > 0:
		c.Action, c.Reason, c.Diff = Refused, "it comes from a file on the Grafana server; remove that file's entry to publish it", wanted
	case there.provisioned:
	case reason != "" && !p.Overwrite:
		c.Action, c.Reason, c.Diff = Refused, reason, changed
	case reason == "" && (there.last == hash || there.last == "") && (!moved || !p.Overwrite):
	default:
		c.Action, c.Diff = Updated, wanted
		folder := there.folder
		if p.Overwrite {
			folder, c.Reason = FolderUID, reason
			if moved {
				c.Reason = strings.TrimPrefix(c.Reason+"; it is moved back", "; ")
			}
		}
		return save(folder, there.version), nil
	}
	return only(c), nil
}

// changes says why a dashboard must not be overwritten, and what would be lost; the reason is
// empty if nothing stands against it.
func (d *presentDashboard) changes(want object, wanted []Difference) (reason string, lost []Difference) {
	switch {
	case d.touched:
		if lost = personal(d.published, d.latest, want); len(lost) > 0 {
			return "a person changed it", lost
		}
		return "", nil
	case d.last != "" || len(wanted) == 0:
		return "", nil
	case d.history:
		return "none of its versions was published by this program, or they have been dropped since", wanted
	}
	return "this Grafana does not tell its versions, so that nobody knows who changed it", wanted
}

// saveDashboard writes a dashboard over the version that was looked at (0: over none).
// Anything else in its place is a conflict (412).
func (p *publisher) saveDashboard(ctx context.Context, uid string, model object, folder string, version int64, hash string) error {
	body := content(model)
	body["uid"] = uid
	if version > 0 {
		body["version"] = version
	}
	_, err := call(ctx, quoted("save", "dashboard", uid), func(ctx context.Context) (*dashboards.PostDashboardOK, error) {
		command := &models.SaveDashboardCommand{Dashboard: body, FolderUID: folder, Message: stamp + hash}
		return p.dashboards.PostDashboardWithParams(dashboards.NewPostDashboardParamsWithContext(ctx).WithBody(command))
	})
	return err
}
