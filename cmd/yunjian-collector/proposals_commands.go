package main

import (
	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// flag adds a text flag.
func flag(cmd *cobra.Command, to *string, name, usage string) {
	cmd.Flags().StringVar(to, name, "", usage)
}

// steps are the subcommands that record an event, in the order of the workflow.
func steps() []proposalStep {
	return []proposalStep{
		{
			proposal.KindNotice, proposal.Supervisor, "Record that the using unit was given notice (C1)",
			"  yunjian-collector proposals notice 2026-10-s --by li --no 2026-7 --at 2026-11-03",
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.no, "no", "number of the notice")
				flag(cmd, &in.contact, "contact", "whom the unit may ask")
				flag(cmd, &in.note, "note", "remark")
			},
			func(in *stepInput, _ collector.ProposalView) (proposal.Data, error) {
				return proposal.Data{Notice: &proposal.Notice{No: in.no, Contact: in.contact, Note: in.note}}, nil
			},
		},
		{
			proposal.KindReply, proposal.Unit, "Record the reply of the using unit, item by item (C4)",
			`  yunjian-collector proposals reply 2026-10-s --by wang --all agree
  yunjian-collector proposals reply 2026-10-s --by wang --host p/i-1 --answer partly --target 6,12
  yunjian-collector proposals reply 2026-10-s --by wang --file reply.csv   # host,answer,target_vcpu,target_memory_gib,reason,note`,
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.file, "file", "CSV, YAML or JSON file with the answers")
				flag(cmd, &in.all, "all", "one answer for every proposed item: agree, partly or disagree")
				flag(cmd, &in.host, "host", "host_id, or provider/host_id")
				flag(cmd, &in.answer, "answer", "agree, partly or disagree")
				flag(cmd, &in.target, "target", "for partly: cores and GiB that the unit would accept, such as 6,12")
				flag(cmd, &in.reason, "reason", "for disagree: business_peak, guarantee_task, disaster_recovery, expansion_planned, shutdown_planned or other")
				flag(cmd, &in.contact, "contact", "who is in charge")
				flag(cmd, &in.note, "note", "remark")
			}, replyData,
		},
		{
			proposal.KindReview, proposal.Office, "Record what experts and unit concluded (C5)",
			`  yunjian-collector proposals review 2026-10-s --by zhang --file review.yaml
  yunjian-collector proposals review 2026-10-s --by zhang --host p/i-1 --decision keep --until 2027-06-30
  yunjian-collector proposals review 2026-10-s --by zhang --all downsize --approve`,
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.file, "file", "CSV, YAML or JSON file with the conclusions")
				flag(cmd, &in.all, "all", "one decision for every proposed item")
				flag(cmd, &in.host, "host", "host_id, or provider/host_id")
				flag(cmd, &in.decision, "decision", "downsize, reclaim, adjusted, keep or defer")
				flag(cmd, &in.target, "target", "final target: cores and GiB, such as 6,12")
				flag(cmd, &in.until, "until", "for keep: last day of the exemption")
				flag(cmd, &in.implementBy, "implement-by", "day that was agreed for the change")
				flag(cmd, &in.conditions, "conditions", "conditions")
				flag(cmd, &in.opinion, "opinion", "opinion of the experts")
				flag(cmd, &in.no, "no", "number of the review")
				cmd.Flags().BoolVar(&in.approve, "approve", false, "the office has approved the conclusions on the form")
			}, reviewData,
		},
		{
			proposal.KindDecide, proposal.Office, "Record the office's approval of the review (Art. 22)",
			"  yunjian-collector proposals decide 2026-10-s --by zhao --no 2026-12",
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.no, "no", "number of the approval")
				flag(cmd, &in.opinion, "opinion", "opinion of the office")
			},
			func(in *stepInput, _ collector.ProposalView) (proposal.Data, error) {
				return proposal.Data{Decide: &proposal.Decide{No: in.no, Opinion: in.opinion}}, nil
			},
		},
		{
			proposal.KindImplement, proposal.Provider, "Record that a decided change was made (C6)",
			`  yunjian-collector proposals implement 2026-10-s --by qian --host p/i-1
  yunjian-collector proposals implement 2026-10-s --by qian --host p/i-2 --backup B-1 --logs 2026-05-01..2026-11-10 --logs-reference L-1 --wipe W-1`,
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.file, "file", "CSV, YAML or JSON file with the changes")
				flag(cmd, &in.host, "host", "host_id, or provider/host_id")
				flag(cmd, &in.before, "before", "size before, cores and GiB (default the proposal's)")
				flag(cmd, &in.after, "after", "size after, cores and GiB (default the decided one)")
				flag(cmd, &in.operator, "operator", "who made the change")
				flag(cmd, &in.unitConfirm, "unit-confirm", "who of the unit confirmed")
				flag(cmd, &in.backup, "backup", "for a reclaim: confirmation of the backup (Art. 24)")
				flag(cmd, &in.wipe, "wipe", "for a reclaim: proof that the data were erased (Art. 24)")
				flag(cmd, &in.logs, "logs", "for a reclaim: first and last day of the logs handed over, such as 2026-05-01..2026-11-10 (Art. 31)")
				flag(cmd, &in.logsReference, "logs-reference", "for a reclaim: confirmation of the log hand-over")
				cmd.Flags().BoolVar(&in.logsWhole, "logs-whole", false, "the host was younger than the period: all its logs were handed over")
			}, implementData,
		},
		{
			proposal.KindVerify, proposal.Supervisor, "Measure the changed hosts after a month and record it (C7)",
			`  yunjian-collector proposals verify 2026-10-s --by li
  yunjian-collector proposals verify 2026-10-s --by li --host p/i-1 --cpu-p95 0.41 --note "figure of the platform"`,
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.file, "file", "CSV, YAML or JSON file with the figures")
				flag(cmd, &in.host, "host", "host whose figure is given; without it all are measured")
				cmd.Flags().Float64Var(&in.cpuP95, "cpu-p95", 0, "CPU P95 over the new size, 0 to 1, with --host")
				flag(cmd, &in.note, "note", "remark")
				cmd.MarkFlagsRequiredTogether("host", "cpu-p95")
			}, verifyData,
		},
		{
			proposal.KindClose, proposal.Supervisor, "File a verified proposal, or another one with a reason",
			"  yunjian-collector proposals close 2026-10-s --by li",
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.reason, "reason", "why, where it is not verified")
			},
			func(in *stepInput, _ collector.ProposalView) (proposal.Data, error) {
				return proposal.Data{Close: &proposal.Close{Reason: in.reason}}, nil
			},
		},
		{
			proposal.KindExempt, proposal.Office, "End a proposal with an exemption before it is decided",
			`  yunjian-collector proposals exempt 2026-10-s --by zhao --kind major_event --reason "state visit" --until 2027-01-31`,
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.kind, "kind", "kind as in the rule files, such as major_event")
				flag(cmd, &in.reason, "reason", "why")
				flag(cmd, &in.until, "until", "last day")
			}, exemptData,
		},
		{
			proposal.KindDispute, proposal.Unit, "Record an objection; a new review follows",
			`  yunjian-collector proposals dispute 2026-10-s --by wang --reason "the peak is in December"`,
			func(cmd *cobra.Command, in *stepInput) { flag(cmd, &in.reason, "reason", "why") },
			func(in *stepInput, _ collector.ProposalView) (proposal.Data, error) {
				return proposal.Data{Dispute: &proposal.Dispute{Reason: in.reason}}, nil
			},
		},
		{
			proposal.KindRestore, proposal.Provider, "Record that a changed host was enlarged again",
			"  yunjian-collector proposals restore 2026-10-s --by qian --host p/i-1 --after 8,16",
			func(cmd *cobra.Command, in *stepInput) {
				flag(cmd, &in.host, "host", "host_id, or provider/host_id")
				flag(cmd, &in.after, "after", "size it has now, cores and GiB")
			}, restoreData,
		},
	}
}
