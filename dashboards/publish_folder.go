package dashboards

import (
	"context"
	"fmt"
	"net/http"

	"github.com/grafana/grafana-openapi-client-go/client/folders"
	"github.com/grafana/grafana-openapi-client-go/models"
)

// lookFolder finds out whether a folder must be made. One that is there is ours by its UID,
// whatever its title and wherever it lies: persons may rename and move it.
func (p *publisher) lookFolder(ctx context.Context, uid, title string) (stage, error) {
	found, err := call(ctx, quoted("get", "folder", uid), func(ctx context.Context) (*folders.GetFolderByUIDOK, error) {
		return p.folders.GetFolderByUIDWithParams(folders.NewGetFolderByUIDParamsWithContext(ctx).WithFolderUID(uid))
	})
	switch status(err) {
	case 0:
		if err != nil {
			return stage{}, err
		}
		return p.planFolder(found.Payload, uid, title), nil
	case http.StatusNotFound, http.StatusForbidden: // an Editor gets 403 for what is not there
		p.fresh = p.fresh || uid == FolderUID
		return p.planFolder(nil, uid, title), nil
	}
	return stage{}, err
}

// planFolder says what is to be done about a folder; there is nil if it is missing.
func (p *publisher) planFolder(there *models.Folder, uid, title string) stage {
	c := Change{Kind: KindFolder, UID: uid, Title: title, Action: Unchanged}
	switch {
	case there == nil:
		c.Action, c.Reason = Created, p.missing()
		return stage{[]Change{c}, func(ctx context.Context) error { return p.createFolder(ctx, uid, title) }}
	case there.Title == title:
	case p.Overwrite:
		c.Action, c.Diff = Updated, differences(object{"title": there.Title}, object{"title": title}, false)
		return stage{[]Change{c}, func(ctx context.Context) error {
			_, err := call(ctx, quoted("rename", "folder", uid), func(ctx context.Context) (*folders.UpdateFolderOK, error) {
				body := &models.UpdateFolderCommand{Title: title, Version: there.Version}
				return p.folders.UpdateFolderWithParams(folders.NewUpdateFolderParamsWithContext(ctx).WithFolderUID(uid).WithBody(body))
			})
			return err
		}}
	default:
		c.Reason = fmt.Sprintf("a person named it %q, which stays", there.Title)
	}
	return only(c)
}

// createFolder makes a folder. That it is there already, which an Editor may not be able to
// see, is as good.
func (p *publisher) createFolder(ctx context.Context, uid, title string) error {
	_, err := call(ctx, quoted("create", "folder", uid), func(ctx context.Context) (*folders.CreateFolderOK, error) {
		body := &models.CreateFolderCommand{UID: uid, Title: title, ParentUID: p.Parent}
		return p.folders.CreateFolderWithParams(folders.NewCreateFolderParamsWithContext(ctx).WithBody(body))
	})
	if code := status(err); code == http.StatusConflict || code == http.StatusPreconditionFailed {
		return nil
	}
	return err
}

// missing says why something is created. Beside a folder that is there already, a person may
// have deleted it.
func (p *publisher) missing() string {
	if p.fresh {
		return "it is not there"
	}
	return "it is not there: new, or deleted by a person"
}
