package collector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
)

// checkForms holds the two reports against the bound one: the same figures, of the provider
// and of each unit, in whichever is theirs.
func checkForms(t *testing.T, s *store.Store, pack rules.Pack) {
	for _, unit := range []string{"", "N-0001", "N-0002"} {
		bound, situation := securityMonth(t, report.KindSecurity, s, pack, unit), securityMonth(t, report.KindSituation, s, pack, unit)
		operation := securityMonth(t, report.KindOperation, s, pack, unit)
		same(t, unit+" B", []any{bound.Assets, bound.Logs, bound.Handovers, bound.Vulnerabilities, bound.Baseline, bound.Operation, bound.Rectification},
			[]any{operation.Assets, operation.Logs, operation.Handovers, operation.Vulnerabilities, operation.Baseline, operation.Operation, operation.Rectification})
		same(t, unit+" S", []any{bound.Attacks, bound.Blind, bound.Indicators, bound.Trend, bound.Full, bound.Logs.Total, bound.Logs.Months},
			[]any{situation.Attacks, situation.Blind, situation.Indicators, situation.Trend, situation.Full, situation.Logs.Total, situation.Logs.Months})
		if operation.Indicators != nil || situation.Logs.All != nil || bound.Batch == operation.Batch || operation.Batch == situation.Batch {
			t.Errorf("%s: a report holds what is the other's, or two have one batch", unit)
		}
	}
}

// checkIssuer asks the documents who answers for them, by which article.
func checkIssuer(t *testing.T, s *store.Store, pack rules.Pack) {
	for _, tt := range []struct {
		kind      string
		issuer    collector.IssuerConfig
		want, not []string
		manifest  string
	}{
		{report.KindOperation, collector.IssuerConfig{}, []string{"云服务商（第三十六条）", "第三十六条出具", "本报告不含安全态势部分"}, []string{"第十一条", "独立出具"}, `"type": "provider"`},
		{report.KindOperation, collector.IssuerConfig{Type: report.IssuerAgency, Name: "某安全中心"}, []string{"某安全中心（统一安全运维服务机构，第十一条）", "本报告由统一安全运维服务机构某安全中心独立出具，所述对象为云服务商天府云的云平台"}, []string{"第三十六条"}, `"name": "某安全中心"`},
		{report.KindSituation, collector.IssuerConfig{Type: report.IssuerAgency, Name: "某安全中心"}, []string{"第十一条，内容对应第三十六条所列安全态势报告", "本报告不含安全运维部分"}, []string{"由云服务商"}, `"type": "secops_agency"`},
		{report.KindSecurity, collector.IssuerConfig{Type: report.IssuerAgency, Name: "某安全中心"}, []string{"安全态势部分对应第三十六条", "（合订）"}, []string{"本报告不含"}, `"name": "某安全中心"`},
	} {
		ask := securityAsk(s, pack, "")
		ask.Settings.Issuer = tt.issuer
		m, err := collector.SecurityMonth(t.Context(), tt.kind, ask)
		if err != nil {
			t.Fatal(err)
		}
		d, err := report.ComposeSecurity(m)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, tt.kind+" of "+tt.issuer.Type, fmt.Sprint(d.Cover)+d.Sections[0].Blocks[0].Paragraph, append(tt.want, m.Provider.Name), tt.not)
		text, err := report.NewManifest(m.Edition(), nil).Encode()
		if err != nil {
			t.Fatal(err)
		}
		holds(t, "the manifest", string(text), []string{tt.manifest, `"kind": "` + tt.kind + `"`}, nil)
		if provider := securityMonth(t, tt.kind, s, pack, ""); provider.Batch != m.Batch {
			t.Error("another issuer makes other data of the same")
		}
	}
}

// checkExtracts looks for what belongs to the other unit, in every kind and format.
func checkExtracts(t *testing.T, s *store.Store, pack rules.Pack) {
	faces, toText := typefaces(t), program(t, "pdftotext", "poppler-utils")
	for _, unit := range []struct {
		code    string
		own     map[string]string // by kind
		foreign []string
	}{
		{"N-0001", map[string]string{report.KindSituation: "甲地", "": markFirst}, []string{markSecond, "N-0002", "档案库", "cmd|", "VX-2", "RX-2", "乙地"}},
		{"N-0002", map[string]string{"": markSecond}, []string{markFirst, "N-0001", "公文系统", "审批平台", "省甲厅", "ghost", "VX-1", "RX-1", "甲地"}},
	} {
		for _, kind := range append(report.SecurityKinds(), report.KindSecurity) {
			m := securityMonth(t, kind, s, pack, unit.code)
			if got, want := m.Edition().FileName(), "tianfu-202609-"+kind+"-"+unit.code+"-v1"; got != want {
				t.Errorf("the file is named %s; want %s", got, want)
			}
			own := unit.own[kind]
			if own == "" {
				own = unit.own[""]
			}
			for format, data := range securityFiles(t, m, faces) {
				text := string(unpacked(t, t.TempDir(), "f."+format, data, toText))
				if !strings.Contains(text, own) {
					t.Errorf("the %s of %s, %s, lacks its own mark: the search would find nothing", format, kind, unit.code)
				}
				for _, mark := range unit.foreign {
					if strings.Contains(text, mark) {
						t.Errorf("the %s of %s, %s, holds %q of another unit", format, kind, unit.code, mark)
					}
				}
			}
		}
	}
	if _, err := collector.SecurityMonth(t.Context(), report.KindOperation, securityAsk(s, pack, "N-9")); err == nil || !strings.Contains(err.Error(), `"N-9"`) {
		t.Errorf("an unknown unit gives %v", err)
	}
}
