package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// An issue is marked, named and signed whatever kind of report it is.
func TestIssue(t *testing.T) {
	cover := func() []Pair {
		return []Pair{{Label: "云服务商", Value: "p"}, {Label: "审核", Value: "未提供", Tag: tagReviewedBy}, {Label: "签发", Value: "未提供", Tag: tagSignedBy}, {Label: "签发日期", Value: "手写", Tag: tagIssueDate}}
	}
	document := func(marks ...string) Document {
		return Document{Absent: "未提供", Marks: marks, Cover: cover(), Sheets: []Sheet{{Pairs: cover()}, {Pairs: []Pair{{Label: "别的", Value: "x"}}}}}
	}
	closed := time.Date(2026, 10, 3, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*3600))
	signature := &Signature{By: "赵", ReviewedBy: "王", On: calendar.Date{Year: 2026, Month: 10, Day: 12}}
	for name, tt := range map[string]struct {
		document       Document
		issue          Issue
		marks, notices []string
		cover          string
	}{
		"month under way":     {document("草稿", "未封账"), Issue{Version: 1}, []string{"草稿", "未封账"}, nil, "云服务商=p 审核=未提供 签发=未提供 签发日期=手写"},
		"over and not closed": {document("草稿"), Issue{Version: 1}, []string{"草稿", "未封账"}, []string{"尚未封账"}, "云服务商=p 审核=未提供 签发=未提供 签发日期=手写"},
		"closed":              {document(), Issue{Version: 1, ClosedAt: closed}, []string{"草稿"}, nil, "云服务商=p 审核=未提供 签发=未提供 签发日期=手写"},
		"signed":              {document("草稿", "模拟数据"), Issue{Version: 1, ClosedAt: closed, Signature: signature}, []string{"模拟数据"}, nil, "云服务商=p 审核=王 签发=赵 签发日期=手写"},
		"correction": {
			document("草稿"),
			Issue{Version: 2, ClosedAt: closed, Correction: "补收数据", Late: Late{UsageHosts: 1, Buckets: 2, PowerHosts: 3, Offs: 4}},
			[]string{"草稿"},
			[]string{"1 台主机的 2 个五分钟时段（含重复送达），3 台主机的 4 段关机记录。这些数据未计入本报告"},
			"更正版=更正内容：补收数据 云服务商=p 审核=未提供 签发=未提供 签发日期=手写",
		},
	} {
		d := tt.document
		if err := d.Issue(tt.issue); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.marks, append([]string(nil), d.Marks...)); diff != "" {
			t.Errorf("%s: marks %s", name, diff)
		}
		if len(d.Notices) != len(tt.notices) {
			t.Fatalf("%s: notices %q", name, d.Notices)
		}
		for i, want := range tt.notices {
			if !strings.Contains(d.Notices[i], want) {
				t.Errorf("%s: notice %q; want %q", name, d.Notices[i], want)
			}
		}
		for _, pairs := range [][]Pair{d.Cover, d.Sheets[0].Pairs} {
			var words []string
			for _, p := range pairs {
				words = append(words, p.Label+"="+p.Value)
			}
			if got := strings.Join(words, " "); got != tt.cover {
				t.Errorf("%s: cover %q; want %q", name, got, tt.cover)
			}
		}
		if diff := cmp.Diff([]Pair{{Label: "别的", Value: "x"}}, d.Sheets[1].Pairs); diff != "" {
			t.Errorf("%s: another sheet has changed: %s", name, diff)
		}
	}
}
