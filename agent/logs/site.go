package logs

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/agent/logs/text"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// SiteSource is a log that the site names in its configuration, because nothing else
// tells of it or to say more about it.
type SiteSource struct {
	// Paths are absolute paths or patterns of the live files, such as
	// /data/logs/*/info.log.
	Paths []string `yaml:"paths"`
	// Archives are patterns of the closed files, if the program names them in its own
	// way. Siblings such as info.log.1 and info.log-20261101.gz need none.
	Archives []string `yaml:"archives"`
	// Class is what the log records, such as app-operation.
	Class string `yaml:"class"`
	// Stream says that sources of the same stream are copies of each other; empty for a
	// log that has no copy on the host.
	Stream string `yaml:"stream"`
	// Format is the time stamp format, empty or auto to find out.
	Format string `yaml:"format"`
	// Party is who has to keep it (Art. 12): unit or provider; empty for whom the host
	// belongs to.
	Party string `yaml:"party"`
	// QuietOK says that the log may be silent for long.
	QuietOK bool `yaml:"quiet_ok"`
	// Single says that all the files are one log, the newest the live one.
	Single bool `yaml:"single"`
}

// classes are those of the retention rules, in their order.
func classes() []string {
	return strings.Fields(`os-auth os-system os-login os-audit os-cron priv-op web-access web-error app-run app-operation
		db-audit middleware container-stdout cloud-control-plane security-device`)
}

// Validate says what is wrong with a source of the site, and what to write instead; nil
// if nothing is.
func (s SiteSource) Validate() error {
	var errs []error
	if len(s.Paths) == 0 {
		errs = append(errs, errors.New("paths: name at least one file, such as /data/logs/info.log"))
	}
	for _, list := range []struct {
		key      string
		patterns []string
	}{{"paths", s.Paths}, {"archives", s.Archives}} {
		for _, pattern := range list.patterns {
			if err := validPattern(pattern); err != nil {
				errs = append(errs, fmt.Errorf("%s: %q: %w", list.key, pattern, err))
			}
		}
	}
	if !slices.Contains(classes(), s.Class) {
		errs = append(errs, fmt.Errorf("class: %q is none of %s", s.Class, strings.Join(classes(), ", ")))
	}
	if s.Party != "" && s.Party != "unit" && s.Party != "provider" {
		errs = append(errs, fmt.Errorf("party: %q is neither unit nor provider", s.Party))
	}
	word := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)
	if s.Stream != "" && !word.MatchString(s.Stream) {
		errs = append(errs, fmt.Errorf("stream: %q: use at most 64 letters, digits and . _ : -", s.Stream))
	}
	if err := text.CheckFormat(s.Format); s.Format != "" && s.Format != "auto" && err != nil {
		errs = append(errs, fmt.Errorf("format: %w", err))
	}
	return errors.Join(errs...)
}

func validPattern(pattern string) error {
	switch _, err := path.Match(pattern, ""); {
	case err != nil:
		return errors.New("the pattern has a bracket that is not closed")
	case !strings.HasPrefix(pattern, "/"):
		return errors.New("begin it with /")
	case path.Clean(pattern) != pattern || pattern == "/":
		return errors.New("write the path without //, /../ and a / at the end")
	case strings.Contains(pattern, "**"):
		return errors.New("** is not known; write one * for each folder")
	}
	return nil
}

// declaration is what the source declares.
func (s SiteSource) declaration() Declaration {
	d := Declaration{
		Streams: []wire.LogStream{{Class: s.Class, Name: s.Stream}}, Family: FamilyText,
		Paths: slices.Clone(s.Paths), Archives: slices.Clone(s.Archives), Single: s.Single, Party: s.Party, QuietOK: s.QuietOK,
	}
	if s.Format != "auto" {
		d.Format = s.Format
	}
	switch base := path.Base(s.Paths[0]); {
	case s.Class == "os-login" && (strings.HasPrefix(base, "wtmp") || strings.HasPrefix(base, "btmp")):
		d.Family = FamilyUTMP
	case s.Class == "os-audit" && strings.HasPrefix(base, "audit"):
		d.Family = FamilyAudit
	}
	return d
}
