package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// stepInput is what the flags of a step say.
type stepInput struct {
	by, at, role, file                                       string
	no, contact, note, opinion, reason, kind, until          string
	host, answer, decision, target, conditions, implementBy  string
	all                                                      string
	approve                                                  bool
	before, after, operator, unitConfirm, backup, wipe, logs string
	logsReference                                            string
	logsWhole                                                bool
	cpuP95                                                   float64
}

// proposalStep is one subcommand that records an event.
type proposalStep struct {
	kind    proposal.Kind
	role    proposal.Role // on whose behalf, unless --role says otherwise
	short   string
	example string
	flags   func(*cobra.Command, *stepInput)
	// data makes what the event says from flags; v is the proposal as it is.
	data func(*stepInput, collector.ProposalView) (proposal.Data, error)
}

func (s proposalStep) command(o *options) *cobra.Command {
	in := &stepInput{}
	cmd := &cobra.Command{
		Use: string(s.kind) + " ID", Short: s.short, Args: cobra.ExactArgs(1), Example: s.example,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			now := time.Now()
			at, err := parseAt(in.at, now)
			if err != nil {
				return err
			}
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			v, err := db.Proposal(cmd.Context(), args[0], collector.Slice{}, now)
			if err != nil {
				return err
			}
			data, err := s.read(in, v)
			if err != nil {
				return err
			}
			if s.kind == proposal.KindVerify && len(data.Verify.Items) == 0 {
				measured, err := db.MeasureProposal(cmd.Context(), args[0], collector.Slice{}, at)
				if err != nil {
					return err
				}
				measured.Note = in.note
				data.Verify = &measured
			}
			e := proposal.Event{Kind: s.kind, At: at, By: in.by, Role: proposal.Role(in.role), Data: data}
			v, changed, err := db.RecordEvent(cmd.Context(), args[0], collector.Slice{}, e, now)
			if err != nil {
				return err
			}
			if !changed {
				fmt.Fprintln(cmd.ErrOrStderr(), "recorded already: nothing changed")
			}
			return o.printProposal(cmd.OutOrStdout(), v)
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.by, "by", "", "who does it, by name")
	f.StringVar(&in.at, "at", "", "when it happened, such as 2026-11-03 or 2026-11-03T10:00:00+08:00 (default now)")
	f.StringVar(&in.role, "role", string(s.role), "on whose behalf: office, supervisor, provider or unit")
	_ = cmd.MarkFlagRequired("by") // the flag is defined above
	if s.flags != nil {
		s.flags(cmd, in)
	}
	return cmd
}

func (s proposalStep) read(in *stepInput, v collector.ProposalView) (proposal.Data, error) {
	if in.file == "" {
		return s.data(in, v)
	}
	data, err := os.ReadFile(in.file)
	if err != nil {
		return proposal.Data{}, fmt.Errorf("read %s: %w", s.kind, err)
	}
	return collector.ParseEvent(s.kind, in.file, data)
}

// parseAt reads when something happened. A day alone means its end, or now on the same day.
func parseAt(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		return now, fmt.Errorf("--at %q: want a day such as 2026-11-03, or a time such as 2026-11-03T10:00:00+08:00", text)
	}
	end := d.AddDays(1).In(collector.Zone()).Add(-time.Second)
	if today := calendar.DateOf(now.In(collector.Zone())); d == today {
		return now, nil
	}
	return end, nil
}

// parseSize reads cores and GiB, such as 4,8, and GiB of disk behind them.
func parseSize(flag, text string) (*rightsize.Size, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	var values [3]float64
	for i, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || len(parts) < 2 || i > 2 {
			return nil, fmt.Errorf("--%s %q: want cores and GiB of memory such as 4,8, and GiB of disk if that changes", flag, text)
		}
		values[i] = v
	}
	return &rightsize.Size{VCPU: values[0], MemoryMiB: values[1] * 1024, DiskGiB: values[2]}, nil
}

func optionalDate(flag, text string) (calendar.Date, error) {
	if text == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, fmt.Errorf("--%s: %w", flag, err)
	}
	return d, nil
}

// hosts are the one of --host, or with --all those that meet a condition.
func (in *stepInput) hosts(v collector.ProposalView, meets func(proposal.Item) bool) ([]string, error) {
	if (in.host == "") == (in.all == "") {
		return nil, errors.New("give --host, or --all, or --file")
	}
	if in.host != "" {
		return []string{in.host}, nil
	}
	var hosts []string
	for _, i := range v.Items {
		if meets(i) {
			hosts = append(hosts, i.Host)
		}
	}
	return hosts, nil
}

func replyData(in *stepInput, v collector.ProposalView) (d proposal.Data, err error) {
	hosts, err := in.hosts(v, proposal.Item.Proposed)
	if err != nil {
		return d, err
	}
	target, err := parseSize("target", in.target)
	if err != nil {
		return d, err
	}
	answer := in.answer
	if in.all != "" {
		answer = in.all
	}
	d.Reply = &proposal.Reply{}
	for _, h := range hosts {
		d.Reply.Items = append(d.Reply.Items, proposal.ItemReply{Host: h, Answer: proposal.Answer(answer), Target: target, Why: proposal.Why(in.reason), Contact: in.contact, Note: in.note})
	}
	return codes(d)
}

func reviewData(in *stepInput, v collector.ProposalView) (d proposal.Data, err error) {
	hosts, err := in.hosts(v, proposal.Item.Proposed)
	if err != nil {
		return d, err
	}
	target, err := parseSize("target", in.target)
	if err != nil {
		return d, err
	}
	until, err := optionalDate("until", in.until)
	if err != nil {
		return d, err
	}
	by, err := optionalDate("implement-by", in.implementBy)
	if err != nil {
		return d, err
	}
	decision := in.decision
	if in.all != "" {
		decision = in.all
	}
	d.Review = &proposal.Review{No: in.no}
	for _, h := range hosts {
		d.Review.Items = append(d.Review.Items, proposal.ItemReview{
			Host: h, Decision: proposal.Decision(decision), FinalTarget: target, ExemptionUntil: until, ImplementBy: by, Conditions: in.conditions, Opinion: in.opinion,
		})
	}
	if in.approve {
		d.Review.Approval = &proposal.Decide{No: in.no}
	}
	return codes(d)
}

func codes(d proposal.Data) (proposal.Data, error) {
	texts, err := proposal.LoadTexts()
	return texts.Codes(d), err
}

func implementData(in *stepInput, v collector.ProposalView) (d proposal.Data, err error) {
	if in.host == "" {
		return d, errors.New("give --host, or --file")
	}
	c := proposal.ItemChange{Host: in.host, Operator: in.operator, UnitConfirm: in.unitConfirm}
	if c.Before, err = parseSize("before", in.before); err != nil {
		return d, err
	}
	if c.After, err = parseSize("after", in.after); err != nil {
		return d, err
	}
	if in.backup+in.wipe+in.logs+in.logsReference != "" {
		from, to, ok := strings.Cut(in.logs, "..")
		c.Reclaim = &proposal.ReclaimProof{Backup: in.backup, Wipe: in.wipe, LogsReference: in.logsReference, LogsWhole: in.logsWhole}
		if in.logs != "" && !ok {
			return d, fmt.Errorf("--logs %q: want first and last day such as 2026-05-01..2026-11-10", in.logs)
		}
		if c.Reclaim.LogsFrom, err = optionalDate("logs", from); err != nil {
			return d, err
		}
		if c.Reclaim.LogsTo, err = optionalDate("logs", to); err != nil {
			return d, err
		}
	}
	d.Implement = &proposal.Implement{Items: []proposal.ItemChange{c}}
	return d, nil
}

func verifyData(in *stepInput, _ collector.ProposalView) (d proposal.Data, err error) {
	d.Verify = &proposal.Verify{}
	if in.host != "" {
		d.Verify.Items = []proposal.ItemMeasure{{Host: in.host, CPUP95: &in.cpuP95, Note: in.note}}
	}
	return d, nil
}

func exemptData(in *stepInput, _ collector.ProposalView) (d proposal.Data, err error) {
	d.Exempt = &proposal.Exempt{Kind: in.kind, Reason: in.reason}
	d.Exempt.Until, err = optionalDate("until", in.until)
	return d, err
}

func restoreData(in *stepInput, _ collector.ProposalView) (d proposal.Data, err error) {
	after, err := parseSize("after", in.after)
	if err == nil && after == nil {
		err = errors.New("give --after, the size it has now")
	}
	if err != nil {
		return d, err
	}
	d.Restore = &proposal.Restore{Host: in.host, After: *after}
	return d, nil
}
