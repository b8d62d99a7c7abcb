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
	// Kinds are the kinds of reports that every provider files. Default: usage and security
	Kinds []string `yaml:"kinds"`
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

// Recipient is who gets reports.
type Recipient struct {
	// Name stands in the ledger, such as office.
	Name string `yaml:"name"`
	// Role is office, which gets the whole reports of all, provider, which gets its own, or
	// unit, which gets its own extracts.
	Role ingest.Role `yaml:"role"`
	// Subject is the id of the provider or the code of the unit.
	Subject string `yaml:"subject"`
	// Kinds of reports that it gets. Default: all
	Kinds []string `yaml:"kinds"`
	// Folder into which its reports are put.
	Folder string `yaml:"folder"`
	// Mail addresses to which they are sent.
	Mail []string `yaml:"mail"`
}

// Wants reports whether a report is for the recipient.
func (r Recipient) Wants(provider, kind, unit string) bool {
	if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, kind) {
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
	check := func(kinds []string) error {
		for _, k := range kinds {
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
