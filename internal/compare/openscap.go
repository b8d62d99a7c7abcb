package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/yunjian-io/yunjian/internal/peers"
)

// scapRules are the rules of ComplianceAsCode for Debian 12 about how logs are written,
// rotated and kept, and whether that is running. Those about what auditd records and
// about the encryption of what is sent are not.
func scapRules() []string {
	return []string{
		"auditd_data_disk_error_action", "auditd_data_disk_full_action", "auditd_data_retention_action_mail_acct",
		"auditd_data_retention_admin_space_left_action", "auditd_data_retention_max_log_file", "auditd_data_retention_max_log_file_action",
		"auditd_data_retention_num_logs", "auditd_data_retention_space_left_action", "auditd_freq", "auditd_local_events", "auditd_log_format",
		"auditd_write_logs", "ensure_logrotate_activated", "package_audit_installed", "package_logrotate_installed", "package_rsyslog_installed",
		"rsyslog_files_groupownership", "rsyslog_files_ownership", "rsyslog_files_permissions", "rsyslog_remote_loghost",
		"service_auditd_enabled", "service_rsyslog_enabled", "timer_logrotate_enabled",
	}
}

const (
	rulePrefix  = "xccdf_org.ssgproject.content_rule_"
	scapProfile = "xccdf_cn.yunjian_profile_logs"
	// Debian 12 itself has rules for Debian 10 and 11 only.
	scapRelease = "trixie"
	scapPackage = "ssg-debian"
	scapContent = "usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml"
)

// scanner is OpenSCAP with the rules that it is to evaluate.
type scanner struct {
	content, tailoring, apt string
}

// newScanner writes the files that OpenSCAP needs into a folder.
func newScanner(ctx context.Context, dir string) (*scanner, error) {
	content, err := peers.Release(ctx, scapRelease, scapPackage, scapContent)
	if err != nil {
		return nil, err
	}
	s := &scanner{content: content, tailoring: filepath.Join(dir, "tailoring.xml"), apt: filepath.Join(dir, "apt.conf")}
	var text strings.Builder
	text.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_cn.yunjian_tailoring_logs">
<version time="2026-01-01T00:00:00">1</version>
<Profile id="` + scapProfile + `"><title>Rules about logs</title>
`)
	for _, rule := range scapRules() {
		fmt.Fprintf(&text, "<select idref=%q selected=\"true\"/>\n", rulePrefix+rule)
	}
	text.WriteString("</Profile></Tailoring>\n")
	// The library of apt, by which OpenSCAP looks for packages, must not take over the
	// settings of this machine: without a cache, as in images of containers, it fails.
	return s, errors.Join(
		os.WriteFile(s.tailoring, []byte(text.String()), 0o600),
		os.WriteFile(s.apt, []byte("Dir::Etc::parts \"/dev/null\";\n"), 0o600),
	)
}

// scan evaluates the rules on a tree.
func (s *scanner) scan(ctx context.Context, root string) (answer, error) {
	results := root + ".xccdf.xml"
	cmd := exec.CommandContext(ctx, "oscap-chroot", root, "xccdf", "eval", "--tailoring-file", s.tailoring, "--profile", scapProfile, "--results", results, s.content)
	cmd.Env = append(os.Environ(), "APT_CONFIG="+s.apt)
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Run()
	// Exit code 2 says that a rule failed.
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 2) {
		return answer{}, fmt.Errorf("run oscap-chroot: %w: %s", err, text.Bytes())
	}
	file, err := os.Open(results)
	if err != nil {
		return answer{}, fmt.Errorf("read results of OpenSCAP: %w", err)
	}
	defer file.Close()
	found, titles, err := parseScap(file)
	if err != nil {
		return answer{}, fmt.Errorf("read results of OpenSCAP: %w", err)
	}
	return answer{results: found, titles: titles}, nil
}

// parseScap reads the results of the selected rules and what they are called. Rules
// that are not selected have no result; no result at all is an error.
func parseScap(r io.Reader) (found, titles map[string]string, err error) {
	found, titles = map[string]string{}, map[string]string{}
	decoder := xml.NewDecoder(r)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "rule-result" && start.Name.Local != "Rule" {
			continue
		}
		var rule struct {
			ID     string `xml:"id,attr"`
			Of     string `xml:"idref,attr"`
			Result string `xml:"result"`
			Title  string `xml:"title"`
		}
		if err := decoder.DecodeElement(&rule, &start); err != nil {
			return nil, nil, err
		}
		if name, ours := strings.CutPrefix(rule.ID, rulePrefix); ours {
			titles[name] = strings.Join(strings.Fields(rule.Title), " ")
		}
		if name, ours := strings.CutPrefix(rule.Of, rulePrefix); ours && rule.Result != "" && rule.Result != "notselected" {
			found[name] = rule.Result
		}
	}
	if len(found) == 0 {
		return nil, nil, errors.New("no rule was evaluated")
	}
	return found, titles, nil
}

// judgeScap says whether a rule fails here that does not fail on the healthy host.
func judgeScap(here, healthy answer) answer {
	var failed []string
	for rule, result := range here.results {
		if result == "fail" && healthy.results[rule] != "fail" {
			failed = append(failed, rule)
		}
	}
	return judged(here, failed)
}
