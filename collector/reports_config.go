package collector

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/mail"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// ReportsConfig says which reports are filed with whom, and how.
type ReportsConfig struct {
	// Out is the folder of the reports, with a folder for each month. With it, serve closes
	// months and writes their reports by itself. Without it, neither is done.
	Out string `yaml:"out"`
	// Providers are those whose reports are made. Default: all of the inventory
	Providers []string `yaml:"providers"`
	// Kinds are the kinds of reports that every provider files; security stands for those on
	// security in the form that Security names. Default: usage and security
	Kinds []string `yaml:"kinds"`
	// Security is separate, for one report on security operation (安全运维报告) and one on the
	// situation (安全态势报告), or bound, for both in one. A month of which reports were made
	// keeps its form. Default: separate
	Security string `yaml:"security"`
	// Issuer answers for the reports on security.
	Issuer IssuerConfig `yaml:"issuer"`
	// Since is the first month that is filed, such as 2026-10. Default: the first that was
	// closed, or else the month before the present one
	Since string `yaml:"since"`
	// CutoffDay is the day of the next month with whose end a month is closed. Default: 2
	CutoffDay int `yaml:"cutoff_day"`
	// DueWorkdays is the working day of the next month by which reports are to be sent; the
	// regulation names none (Art. 30, 36). Default: 5
	DueWorkdays int `yaml:"due_workdays"`
	// Recipients get the reports. Default: the office, to whom nothing is carried
	Recipients []Recipient `yaml:"recipients"`
	// Mark is printed on every page of every report, such as a word that says that the data
	// are made up. Default: none
	Mark string `yaml:"mark"`
	// SendSigned lets serve carry signed reports to their recipients by itself. Otherwise
	// `yunjian-collector filing send` does. Default: false
	SendSigned bool `yaml:"send_signed"`
	// SMTP carries reports to the mail addresses of recipients.
	SMTP mail.Config `yaml:"smtp"`
	// Link is the address under which recipients reach this collector, such as
	// https://yunjian.example; files too large for a mail are named by it.
	Link string `yaml:"link"`
}

// The forms in which reports on security are filed.
const (
	securitySeparate = "separate"
	securityBound    = "bound"
)

// IssuerConfig is who issues the reports on security, which are about the provider in
// either case.
type IssuerConfig struct {
	// Type is provider (Art. 36), or secops_agency for the agency for unified security
	// operation, which reports independently of the provider (Art. 11). Default: provider
	Type string `yaml:"type"`
	// Name of the agency. A provider has its name from the inventory
	Name string `yaml:"name"`
}

// issuer is the same for the reports.
func (c IssuerConfig) issuer() report.Issuer {
	return report.Issuer{Type: or(c.Type, report.IssuerProvider), Name: strings.TrimSpace(c.Name)}
}

func (c IssuerConfig) validate() error {
	switch i := c.issuer(); {
	case i.Type != report.IssuerProvider && i.Type != report.IssuerAgency:
		return fmt.Errorf("issuer: type %q: want %s or %s", c.Type, report.IssuerProvider, report.IssuerAgency)
	case i.Type == report.IssuerAgency && i.Name == "":
		return fmt.Errorf("issuer: type %s needs the name of the agency, which stands on the cover", i.Type)
	case i.Type == report.IssuerProvider && i.Name != "":
		return fmt.Errorf("issuer: name %q: the name of a provider is that of the inventory: leave it out, or set type to %s", i.Name, report.IssuerAgency)
	}
	return nil
}

// binding says in which form reports on security are filed.
func (c *ReportsConfig) binding() filing.Binding {
	return filing.Binding{Kind: report.KindSecurity, Parts: report.SecurityKinds(), Bound: c.Security == securityBound}
}

// kinds are those that are filed for a month, of which those were made for which made is
// true.
func (c *ReportsConfig) kinds(made func(kind string) bool) (out []string) {
	for _, wanted := range c.Kinds {
		for _, k := range c.binding().Kinds(wanted, made) {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// Recipient is who gets reports.
type Recipient struct {
	// Name stands in the ledger, such as office.
	Name string `yaml:"name"`
	// Role is office, which gets the whole reports of all, provider, which gets its own, or
	// unit, which gets its own extracts.
	Role ingest.Role `yaml:"role"`
	// Subject is the id of the provider or the code of the unit.
	Subject string `yaml:"subject"`
	// Kinds of reports that it gets; security stands for those on security in any form.
	// Default: all
	Kinds []string `yaml:"kinds"`
	// Folder into which its reports are put.
	Folder string `yaml:"folder"`
	// Mail addresses to which they are sent.
	Mail []string `yaml:"mail"`
}

// Wants reports whether a report is for the recipient.
func (r Recipient) Wants(provider, kind, unit string) bool {
	if len(r.Kinds) > 0 && !slices.ContainsFunc(r.Kinds, func(named string) bool { return report.KindIncludes(named, kind) }) {
		return false
	}
	switch r.Role {
	case ingest.RoleOffice:
		return unit == ""
	case ingest.RoleProvider:
		return unit == "" && provider == r.Subject
	case ingest.RoleUnit:
		return unit != "" && unit == r.Subject
	}
	return false
}

func (c *ReportsConfig) defaults() {
	c.CutoffDay = or(c.CutoffDay, filing.DefaultCutoffDay)
	c.DueWorkdays = or(c.DueWorkdays, filing.DefaultDueWorkdays)
	if len(c.Kinds) == 0 {
		c.Kinds = []string{report.KindUsage, report.KindSecurity}
	}
	c.Security = or(c.Security, securitySeparate)
	c.Issuer.Type = or(c.Issuer.Type, report.IssuerProvider)
	if len(c.Recipients) == 0 {
		c.Recipients = []Recipient{{Name: string(ingest.RoleOffice), Role: ingest.RoleOffice}}
	}
	c.SMTP.Complete()
}

// paths are the fields that hold paths.
func (c *ReportsConfig) paths() []*string {
	out := []*string{&c.Out, &c.SMTP.PasswordFile, &c.SMTP.CAFile}
	for i := range c.Recipients {
		out = append(out, &c.Recipients[i].Folder)
	}
	return out
}

func (c *ReportsConfig) validate(builders map[string]Builder) error {
	if c.CutoffDay < 1 || c.CutoffDay > 28 {
		return fmt.Errorf("cutoff_day %d: want a day of the next month, 1 to 28", c.CutoffDay)
	}
	if c.DueWorkdays < 1 || c.DueWorkdays > 20 {
		return fmt.Errorf("due_workdays %d: want a working day of the next month, 1 to 20", c.DueWorkdays)
	}
	if _, err := c.since(); err != nil {
		return fmt.Errorf("since: %w", err)
	}
	if c.Security != securitySeparate && c.Security != securityBound {
		return fmt.Errorf("security: %q: want %s or %s", c.Security, securitySeparate, securityBound)
	}
	if err := c.Issuer.validate(); err != nil {
		return err
	}
	check := func(kinds []string) error {
		for _, k := range kinds {
			if c.Security == securityBound && slices.Contains(report.SecurityKinds(), k) {
				return fmt.Errorf("kinds: %s is bound into %s: name that, or set reports.security to %s", k, report.KindSecurity, securitySeparate)
			}
			if b, err := builderOf(builders, k); err != nil || b.Unfiled || b.Proceeding {
				return errors.Join(err, fmt.Errorf("kinds: %q is no kind that is filed", k))
			}
		}
		return nil
	}
	if err := check(c.Kinds); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, r := range c.Recipients {
		switch {
		case r.Name == "" || seen[r.Name]:
			return fmt.Errorf("recipient %q needs a name of its own", r.Name)
		case r.Role != ingest.RoleOffice && r.Role != ingest.RoleProvider && r.Role != ingest.RoleUnit:
			return fmt.Errorf("recipient %q: role %q: want office, provider or unit", r.Name, r.Role)
		case (r.Role == ingest.RoleOffice) != (r.Subject == ""):
			return fmt.Errorf("recipient %q: a provider or unit has a subject, the office has none", r.Name)
		case len(r.Mail) > 0 && c.SMTP.Address == "":
			return fmt.Errorf("recipient %q has mail addresses, and there is no smtp.address", r.Name)
		}
		seen[r.Name] = true
		if err := check(r.Kinds); err != nil {
			return fmt.Errorf("recipient %q: %w", r.Name, err)
		}
	}
	return c.SMTP.Validate()
}

// since is the configured first month; zero where none is.
func (c *ReportsConfig) since() (calendar.Month, error) {
	if c.Since == "" {
		return calendar.Month{}, nil
	}
	return calendar.ParseMonth(c.Since)
}

// recipient returns the recipient of a name.
func (c *ReportsConfig) recipient(name string) (Recipient, error) {
	var names []string
	for _, r := range c.Recipients {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Recipient{}, fmt.Errorf("no recipient %q in the configuration: it has %s", name, strings.Join(names, ", "))
}

func joinSorted[V any](m map[string]V) string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
