package inventory

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/yunjian-io/yunjian/collector/sheet"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

const creditCode = "91350100M000100Y43" // the example of GB 32100-2015

func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// known is an inventory to which single tables may refer.
func known() Batch {
	return Batch{
		Providers: []Provider{{ID: "p1", Name: "甲"}, {ID: "p2", Name: "乙"}},
		Platforms: []Platform{{ID: "c1", Name: "云", Kind: "provider", Provider: "p1"}, {ID: "c2", Name: "监", Kind: "supervision"}},
		Units:     []Unit{{Code: creditCode, Name: "某厅"}},
		Systems:   []System{{ID: "s1", Name: "系统", Unit: creditCode, Platform: "c1", Status: "running"}},
		Flavors:   []Flavor{{ID: "c2m4", VCPU: 2, MemoryGiB: 4}},
		Hosts:     []Host{{ID: "h0", Provider: "p1", Instance: "10.0.0.1:9100"}, {ID: "g0", Provider: "p2"}},
		Volumes:   []Volume{{ID: "d0", Provider: "p1"}},
	}
}

func parse(t testing.TB, name string, data []byte, kind Kind) (Batch, []string) {
	t.Helper()
	b, problems, err := Parse(name, data, kind, known())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	if len(lines) > 0 && b.Len() > 0 {
		t.Errorf("%d rows of a refused file were returned", b.Len())
	}
	return b, lines
}

func accept(t testing.TB, data []byte) Batch {
	t.Helper()
	b, problems := parse(t, "f", data, "")
	if len(problems) > 0 {
		t.Fatalf("refused:\n%s", strings.Join(problems, "\n"))
	}
	return b
}

const hostsChinese = "云主机编码,信息系统编码,云平台编码,规格编码,核数,内存(GiB),云硬盘(GiB),交付日期,生效日期,状态,权属,实例别名,是否备机,备注\n" +
	"h1,s1,c1,c2m4,,,\"1,024\",2025年12月1日,2026/1/5,在用,云服务商,10.0.0.2:9100,是,随便\n" +
	"\n" +
	"h2,s1,c1,,8,16.5,,,20260105,已回收,使用单位,,,\n"

func wantHosts(t testing.TB) []Host {
	t.Helper()
	return []Host{
		{
			ID: "h1", System: "s1", Platform: "c1", Provider: "p1", Flavor: "c2m4", VCPU: 2, MemoryGiB: 4, DiskGiB: 1024,
			InService: day(t, "2025-12-01"), EffectiveFrom: day(t, "2026-01-05"), State: "in_service", Owner: "provider",
			Instance: "10.0.0.2:9100", Standby: true,
		},
		{
			ID: "h2", System: "s1", Platform: "c1", Provider: "p1", VCPU: 8, MemoryGiB: 16.5,
			EffectiveFrom: day(t, "2026-01-05"), State: "released", Owner: "unit",
		},
	}
}

func TestCSVEncodings(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(hostsChinese)
	if err != nil {
		t.Fatal(err)
	}
	gb18030, err := simplifiedchinese.GB18030.NewEncoder().String(hostsChinese)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(hostsChinese)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8": hostsChinese, "UTF-8 with mark": "\ufeff" + hostsChinese, "GBK": gbk, "GB18030": gb18030, "UTF-16": utf16,
		"CRLF":      strings.ReplaceAll(hostsChinese, "\n", "\r\n"),
		"full form": strings.NewReplacer("(GiB)", "(GiB)", "状态", "状 态*").Replace(hostsChinese),
		"by tabs":   strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(hostsChinese, "\"1,024\"", "1024"), ",", "\t"), "\t1024", "\t1024"),
	} {
		if diff := cmp.Diff(wantHosts(t), accept(t, []byte(text)).Hosts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCSVTables(t *testing.T) {
	price := 120.5
	for _, tt := range []struct {
		text string
		want Batch
	}{
		{
			"platform_id,name,kind,provider\nx,云,dr,\ny,整合,部门云整合平台,p2\n",
			Batch{Platforms: []Platform{{ID: "x", Name: "云", Kind: "dr"}, {ID: "y", Name: "整合", Kind: "integration", Provider: "p2"}}},
		},
		{"provider_id,name\np3,丙\n", Batch{Providers: []Provider{{ID: "p3", Name: "丙"}}}},
		{
			"统一社会信用代码,使用单位名称\n91110000802100433b,甲局\nN-007,\"乙,局\"\n",
			Batch{Units: []Unit{{Code: "91110000802100433B", Name: "甲局"}, {Code: "N-007", Name: "乙,局"}}},
		},
		{
			"id,name,unit,platform,level,cutover,status\ns2,网,91350100M000100Y43,c1,3,2026-1-5,试运行\n",
			Batch{Systems: []System{{ID: "s2", Name: "网", Unit: creditCode, Platform: "c1", Level: 3, Cutover: day(t, "2026-01-05"), Status: "trial"}}},
		},
		{
			"规格编码,核数,内存(GiB),单价(元/月),规格族\nc4m8,4,8,120.50,通用\nc8m16,8,16,,\n",
			Batch{Flavors: []Flavor{{ID: "c4m8", VCPU: 4, MemoryGiB: 8, PriceYuanMonth: &price, Family: "通用"}, {ID: "c8m16", VCPU: 8, MemoryGiB: 16}}},
		},
		{
			"对象类型,对象编码,豁免类型,理由,批准人,有效期至\n信息系统,s1,年度峰值型,年报,办公室,2026-12-31\nhost,h0,standby,灾备,办公室,2026-12-31\n",
			Batch{Exemptions: []Exemption{
				{SubjectKind: "information_system", Subject: "s1", Kind: "annual_peak", Reason: "年报", Approver: "办公室", Expires: day(t, "2026-12-31")},
				{SubjectKind: "host", Subject: "h0", Kind: "standby", Reason: "灾备", Approver: "办公室", Expires: day(t, "2026-12-31")},
			}},
		},
		{
			"provider,resource,yuan_month,effective_from\np1,vcpu,0.35,46027\n",
			Batch{Prices: []Price{{Provider: "p1", Resource: "vcpu", YuanMonth: 0.35, EffectiveFrom: day(t, "2026-01-05")}}},
		},
		{
			"登记对象,对象编码,等保级别下限,系统状态,日志类别,日志流,责任方,集中存储编码,登记有效期至\n" +
				"默认,,3,,操作系统审计,,,,\n信息系统,s1,,,app-operation,orders,使用单位,es-1,2026-12-31\nhost,h0,,,site-vpn,,provider,,\ndefault,,,运行,os-auth,,,,\n",
			Batch{LogSources: []LogSource{
				{SubjectKind: "default", Level: 3, Class: "os-audit"},
				{SubjectKind: "information_system", Subject: "s1", Class: "app-operation", Stream: "orders", Party: "unit", CentralStore: "es-1", Expires: day(t, "2026-12-31")},
				{SubjectKind: "host", Subject: "h0", Class: "site-vpn", Party: "provider"},
				{SubjectKind: "default", Status: "running", Class: "os-auth"},
			}},
		},
	} {
		if diff := cmp.Diff(tt.want, accept(t, []byte(tt.text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

// TestEveryProblemIsTold holds that a file is refused with all of its problems.
func TestEveryProblemIsTold(t *testing.T) {
	text := "host_id,system,platform,provider,flavor,vcpu,memory_gib,disk_gib,in_service_date,effective_from,state,owner,instance\n" +
		"h1,s9,c9,p9,f9,,,,,2026-01-05,in_service,unit,\n" +
		"h2,s1,c1,p2,c2m4,4,4,,,2026-01-05,in_service,unit,10.0.0.1:9100\n" +
		",s1,c1,p1,,8核,\"1,02\",-1,2026-02-30,5/1/2026,busy,,\n" +
		"1.23456789012346E+17,s1,c1,p1,,2,,,2026-02-01,2026-01-01,in_service,unit,\n" +
		"h3,s1,c2,,c2m4,,,,,2026-01-05,in_service,unit,\n" +
		"h4,s1,c1,,c2m4,,,,,2026-01-05,in_service,unit,10.0.0.1:9100\n" +
		"h4,s1,c1,p1,c2m4,,,,,2026-1-5,released,unit,\n" +
		"h5,s1,c1,,c2m4,,,,,2026-01-05,in_service,unit,,extra\n" +
		"h 6,s1,c1,,,2.5,#REF!,,,2026-01-05 08:00,in_service,unit,\n"
	_, got := parse(t, "h.csv", []byte(text), "")
	want := []string{
		`h.csv:2: column "system": "s9" is neither in this file nor known`,
		`h.csv:2: column "platform": "c9" is neither`,
		`h.csv:2: column "provider": "p9" is neither`,
		`h.csv:2: column "flavor": "f9" is neither`,
		`h.csv:3: column "provider": "p2" is not "p1", who runs the platform`,
		`h.csv:3: column "vcpu": "4" is not the 2 of flavour "c2m4"`,
		`h.csv:4: column "disk_gib": "-1" is not from 0 to 1e+09`,
		`h.csv:4: column "host_id": is empty; fill it in; the column is required`,
		`h.csv:4: column "vcpu": "8核" is no number`,
		`h.csv:4: column "memory_gib": "1,02" is no number`,
		`h.csv:4: column "in_service_date": "2026-02-30" is no date`,
		`h.csv:4: column "effective_from": "5/1/2026" is no date; write it as 2026-01-05`,
		`h.csv:4: column "state": "busy" is no choice of the column; want one of 在用, 已回收`,
		`h.csv:4: column "owner": is empty`,
		`h.csv:5: column "host_id": "1.23456789012346E+17" is a number that the spreadsheet rounded`,
		`h.csv:5: column "flavor": is empty, and the row does not give both vCPU and memory`,
		`h.csv:5: column "effective_from": "2026-01-01" is before the host was in service`,
		`h.csv:6: column "provider": is empty, and the platform has none`,
		`h.csv:7: column "instance": "10.0.0.1:9100" is the alias of host "h0" already`,
		`h.csv:8: column "host_id": "h4" is given on line 7 already`,
		`h.csv:9: "extra" stands in a column without a head`,
		`h.csv:10: column "host_id": "h 6" holds a space`,
		`h.csv:10: column "vcpu": "2.5" is no whole number`,
		`h.csv:10: column "memory_gib": "#REF!" is the error of a formula`,
		`h.csv:10: column "effective_from": "2026-01-05 08:00" is no date`,
	}
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
			t.Fatalf("problem %d differs; got all:\n%s", i, strings.Join(got, "\n"))
		}
	}
}

func TestCSVFormRefused(t *testing.T) {
	for _, tt := range []struct {
		text string
		kind Kind
		want string
	}{
		{"", "", "f: is empty"},
		{"provider_id,name\n", "", "f: holds no rows"},
		{"a,b\n1,2\n", "", "heads that fit 0 tables"},
		{"a,b\n1,2\n", "providers", `f:1: column "a": is no column of 云服务商`},
		{"provider_id\n1\n", "providers", `f:1: column "云服务商名称": is missing`},
		{"provider_id,name,名称\n1,2,3\n", "providers", `column "名称": is no column`},
		{"provider_id,name,云服务商名称\n1,2,3\n", "providers", `column "云服务商名称": means the same as column "name"`},
		{"provider_id,name\n1,2\n", "clouds", "is no kind of table"},
		{"provider_id,name\n1,\"2\n", "", "f:2: is no CSV"},
		{"provider_id,name\n1,a\x00b\n", "", "zero byte on line 2"},
		{"provider_id,name\n1,云主机云服务商\n2,\xff\xfe\n", "", "UTF-8 text that is damaged on line 3"},
		{"provider_id,name\n1,\x81\x00\n", "", "zero byte on line 2"},
		{"provider_id,name\n1,2\n2,\xff\xff\n", "", "neither UTF-8 nor GB18030 text: see line 3"},
		{"provider_id,name\n1,\"a\nb\"\n", "", `f:2: column "name": "a\nb" holds a line break`},
		{"provider_id,name\n1," + strings.Repeat("x", 501) + "\n", "", "more than 500"},
		{"code,name\n91350100M000100Y44,x\n", "", "wrong check character: the other 17 want '3'"},
		{"code,name\n91350100M000100Y4,x\n", "", "has 17 characters, not 18"},
		{"code,name\n9135010OM000100Y43,x\n", "", "at place 8"},
		{"code,name\nN-,x\n", "", "internal code of 0 characters"},
		{"id,name,kind\nx,y,服务商\n", "platforms", "the platform of a provider has one"},
		{"登记对象,对象编码,日志类别\n默认,s1,os-auth\n", "", "a default holds for every host"},
		{"登记对象,对象编码,日志类别\n云主机,,os-auth\n", "", `column "对象编码": is empty`},
		{"登记对象,对象编码,日志类别\n云主机,h9,os-auth\n", "", `"h9" is neither in this file nor known`},
		{"登记对象,对象编码,日志类别\n信息系统,h0,os-auth\n", "", `"h0" is neither in this file nor known`},
		{"登记对象,对象编码,日志类别\n云主机,h0,OS Auth\n", "", "is no class of logs"},
		{"登记对象,对象编码,日志类别\n云主机,h0,os-auth\n云主机,h0,操作系统登录认证\n", "", "is given on line 2 already"},
		{"登记对象,对象编码,日志类别,等保级别下限\n云主机,h0,os-auth,3\n", "", "narrows a default only"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "old .xls"},
		{"PK\x03\x04 no zip", "", "no readable workbook"},
	} {
		_, got := parse(t, "f", []byte(tt.text), tt.kind)
		if len(got) == 0 || !strings.Contains(got[0], tt.want) {
			t.Errorf("%q: %q; want a problem that says %q", tt.text, got, tt.want)
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("code,name\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "bad%d,\n", i)
	}
	_, got := parse(t, "f", []byte(b.String()), "")
	if len(got) != sheet.MaxProblems || !strings.Contains(got[sheet.MaxProblems-1], "more problems") {
		t.Errorf("%d problems, the last %q; want %d", len(got), got[len(got)-1], sheet.MaxProblems)
	}
}

// workbook writes sheets whose cells are strings, numbers or dates.
func workbook(t testing.TB, sheets map[string][][]any, more func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	for name, rows := range sheets {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if more != nil {
		more(f)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func whole(t testing.TB) map[string][][]any {
	t.Helper()
	return map[string][][]any{
		"云服务商": {{"云服务商编码", "云服务商名称"}, {"n1", "新商"}},
		"云平台":  {{"云平台编码", "云平台名称", "平台类型", "云服务商编码"}, {"n2", "新云", "云服务商平台", "n1"}},
		"使用单位": {{"统一社会信用代码", "使用单位名称"}, {"N-01", "新厅"}},
		"信息系统": {{"信息系统编码", "信息系统名称", "使用单位编码", "云平台编码", "状态"}, {"n3", "新系统", "N-01", "n2", "运行"}},
		"规格":   {{"规格编码", "核数", "内存(GiB)"}, {"n4", 4, 8}},
		"hosts": {
			{"host_id", "system", "platform", "flavor", "effective_from", "state", "owner"},
			{},
			{"n5", "n3", "n2", "n4", day(t, "2026-01-05").In(time.UTC), "在用", "unit"},
			{"n6", "n3", "n2", "n4", 46027, "在用", "unit"},
			{"n7", "n3", "n2", "n4", "2026年1月5日", "在用", "unit"},
		},
		"说明": {{"anything"}},
	}
}

func TestXLSX(t *testing.T) {
	got := accept(t, workbook(t, whole(t), nil))
	host := func(id string) Host {
		return Host{
			ID: id, System: "n3", Platform: "n2", Provider: "n1", Flavor: "n4", VCPU: 4, MemoryGiB: 8,
			EffectiveFrom: day(t, "2026-01-05"), State: "in_service", Owner: "unit",
		}
	}
	want := Batch{
		Platforms: []Platform{{ID: "n2", Name: "新云", Kind: "provider", Provider: "n1"}},
		Providers: []Provider{{ID: "n1", Name: "新商"}},
		Units:     []Unit{{Code: "N-01", Name: "新厅"}},
		Systems:   []System{{ID: "n3", Name: "新系统", Unit: "N-01", Platform: "n2", Status: "running"}},
		Hosts:     []Host{host("n5"), host("n6"), host("n7")},
		Flavors:   []Flavor{{ID: "n4", VCPU: 4, MemoryGiB: 8}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestXLSXRefused(t *testing.T) {
	set := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		why  string
		more func(*excelize.File)
		want []string
	}{
		{"merged cells", func(f *excelize.File) { set(t, f.MergeCell("hosts", "B4", "B5")) }, []string{`f.xlsx [hosts]:4: column "system": "n3" stands in merged cells B4:B5; unmerge`}},
		{"a sheet of another name", func(f *excelize.File) { set(t, f.SetSheetName("规格", "规格表")) }, []string{"f.xlsx [规格表]: is no sheet of the inventory"}},
		{"two sheets of one table", func(f *excelize.File) {
			_, err := f.NewSheet("云主机")
			set(t, err)
			set(t, f.SetCellStr("云主机", "A1", "云主机编码"))
		}, []string{"holds the same table as the sheet"}},
		{"a long number", func(f *excelize.File) { set(t, f.SetCellDefault("hosts", "A4", "1.23456789012346E+17")) }, []string{`f.xlsx [hosts]:4: column "host_id": "1.23456789012346E+17" is a number that the spreadsheet rounded`}},
		{"a wrong cell", func(f *excelize.File) { set(t, f.SetCellStr("hosts", "F5", "停")) }, []string{`f.xlsx [hosts]:5: column "state": "停" is no choice`}},
	} {
		_, got := parse(t, "f.xlsx", workbook(t, whole(t), tt.more), "")
		for i, want := range tt.want {
			if i >= len(got) || !strings.Contains(got[i], want) {
				t.Errorf("%s: %q; want a problem that says %q", tt.why, got, want)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %d problems:\n%s", tt.why, len(got), strings.Join(got, "\n"))
		}
	}
}

func TestXLSX1904(t *testing.T) {
	on := true
	data := workbook(t, map[string][][]any{
		"单价": {{"云服务商编码", "资源类型", "单价", "生效日期"}, {"p1", "核", 0.1, 44565}},
	}, func(f *excelize.File) {
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &on}); err != nil {
			t.Fatal(err)
		}
	})
	want := []Price{{Provider: "p1", Resource: "vcpu", YuanMonth: 0.1, EffectiveFrom: day(t, "2026-01-05")}}
	if diff := cmp.Diff(want, accept(t, data).Prices); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkParseHosts(b *testing.B) {
	var text strings.Builder
	head, _, _ := strings.Cut(hostsChinese, "\n")
	text.WriteString(head + "\n")
	for i := range 10000 {
		fmt.Fprintf(&text, "h%d,s1,c1,c2m4,,,\"1,024\",2025年12月1日,2026/1/5,在用,云服务商,,是,\n", i)
	}
	data := []byte(text.String())
	for b.Loop() {
		if got, problems, err := Parse("f", data, Hosts, known()); err != nil || len(got.Hosts) != 10000 {
			b.Fatal(err, problems)
		}
	}
}
