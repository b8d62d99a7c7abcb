package records

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

var update = flag.Bool("update", false, "write the generated files")

func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*3600) }

func october() calendar.Month { return calendar.Month{Year: 2026, Month: time.October} }

func file(kind string, data []byte) File {
	f := File{Name: "f", Data: data, Kind: kind, Zone: shanghai()}
	if monthly, _ := Monthly(kind); monthly {
		f.From, f.To = october(), october()
	}
	return f
}

func known() Known {
	return Known{Units: map[string]bool{"N-1": true}, Systems: map[string]bool{"s1": true, "s2": true}, Platforms: map[string]bool{"c1": true}}
}

func parse(t testing.TB, f File) ([]Record, []string) {
	t.Helper()
	rows, problems, err := Parse(f, known())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	if len(lines) > 0 && len(rows) > 0 {
		t.Errorf("%d rows of a refused file were returned", len(rows))
	}
	return rows, lines
}

const incidents = "事件编号*,事件类别,事件级别,事件概况,发现时间,响应时间,影响系统,备注\n" +
	"I-1,故障,一般,交换机重启,2026年10月5日 9:05,2026/10/5 09:15:30,s2、s1，s2,无\n" +
	"I-2,security,II级,\"网页, 被改\",46305.5,,,\n"

// The same rows come from every form in which people save them.
func TestParse(t *testing.T) {
	want := []Record{
		{Incidents, "I-1", map[string]string{
			"incident_no": "I-1", "category": "fault", "level": "4", "title": "交换机重启", "found_at": "2026-10-05T09:05:00+08:00",
			"responded_at": "2026-10-05T09:15:30+08:00", "affected_systems": "s1" + ListMark + "s2",
		}},
		{Incidents, "I-2", map[string]string{
			"incident_no": "I-2", "category": "security", "level": "2", "title": "网页, 被改", "found_at": "2026-10-10T12:00:00+08:00",
		}},
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(incidents)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 10, 12, 0, 0, 0, time.UTC)
	book := workbook(t, [][]any{
		{"事件编号", "事件类别", "事件级别", "事件概况", "发现时间", "响应时间", "影响系统"},
		{"I-1", "故障", "一般", "交换机重启", "2026-10-05 09:05", "2026-10-05 09:15:30", "s1,s2"},
		{"I-2", "安全事件", "重大", "网页, 被改", at},
	}, nil)
	for name, data := range map[string][]byte{"UTF-8": []byte(incidents), "mark": []byte("\ufeff" + incidents), "GBK": []byte(gbk), "XLSX": book} {
		got, problems := parse(t, file(Incidents, data))
		if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
			t.Errorf("%s: %q (-want +got):\n%s", name, problems, diff)
		}
	}
}

// workbook writes one sheet.
func workbook(t testing.TB, rows [][]any, more func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if more != nil {
		more(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file that is wrong is refused with file, sheet, row, column, value and what is wanted.
func TestRefused(t *testing.T) {
	merged := workbook(t, [][]any{{"月份", "工作项目", "计划数", "完成数"}, {"2026-10", "设备巡检", 1, 1}, {"", "日志审计", 1, 1}}, func(f *excelize.File) {
		if err := f.MergeCell("Sheet1", "A2", "A3"); err != nil {
			t.Fatal(err)
		}
	})
	twoSheets := workbook(t, [][]any{{"月份", "工作项目", "计划数", "完成数"}}, func(f *excelize.File) {
		if _, err := f.NewSheet("B"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStr("B", "A1", "x"); err != nil {
			t.Fatal(err)
		}
	})
	text := workbook(t, [][]any{{"月份", "工作项目", "计划数", "完成数"}, {"十月", "设备巡检", 1, 1}}, nil)
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("2026-10,安全加固,1,1\n")
	if err != nil {
		t.Fatal(err)
	}
	const work, order = "月份,工作项目,计划数,完成数\n", "工单编号,事项,使用单位编码,起算日期,完成日期\n"
	for _, c := range []struct {
		name, kind string
		data       []byte
		want       []string
	}{
		{"empty", Work, nil, []string{`f: is empty; write a row of heads and rows below it`}},
		{"wrong heads", Work, []byte("月份,项目,计划数,完成数\n2026-10,x,1,1\n"), []string{
			`f:1: column "项目": is no column of work (法定工作); correct the head as in the template, or remove the column`,
			`f:1: column "工作项目": is missing; add the column; it must not be empty`,
		}},
		{"a head twice", Work, []byte("月份,工作项目,计划数,完成数,done\n"), []string{`f:1: column "done": means the same as column "完成数"; remove one of them`}},
		{"mixed encodings", Work, []byte(work + "2026-10,设备巡检,1,1\n" + gbk), []string{`f: mixes encodings: line 3 is GBK, line 1 is UTF-8; save it as CSV in UTF-8`}},
		{"merged cells", Work, merged, []string{`f [Sheet1]:2: column "月份": "2026-10" stands in merged cells A2:A3; unmerge them and fill in every row`}},
		{"two sheets", Work, twoSheets, []string{`f [B]: is a second sheet beside "Sheet1"; keep one sheet a file`}},
		{"a date as text", Work, text, []string{`f [Sheet1]:2: column "月份": "十月" is no month; write it as 2026-01, year first`}},
		{"no date", ServiceOrders, []byte(order + "1,资源配置,N-1,10月5日,\n"), []string{`f:2: column "起算日期": "10月5日" is no date; write it as 2026-01-05, year first`}},
		{"no time", Incidents, []byte("事件编号,事件类别,事件级别,事件概况,发现时间\n1,故障,一般,x,2026-10-05 25:00\n"), []string{`f:2: column "发现时间": "2026-10-05 25:00" is no time; write it as 2026-01-05 14:30, year first`}},
		{"duplicate", Work, []byte(work + "2026-10,设备巡检,1,1\n\n2026-10,inspection,2,1\n"), []string{`f:4: column "工作项目": "2026-10 inspection" is given on line 2 already; keep one row of each key`}},
		{"order of dates", ServiceOrders, []byte(order + "1,资源配置,N-1,2026-10-05,2026-10-04\n"), []string{`f:2: column "完成日期": "2026-10-04" is before "起算日期"; correct one of the two`}},
		{"not in the inventory", ServiceOrders, []byte(order + "1,资源配置,N-2,2026-10-05,\n"), []string{`f:2: column "使用单位编码": "N-2" is not in the inventory; correct it, or import it with yunjian-collector inventory import first`}},
		{"not in the list", Incidents, []byte("事件编号,事件类别,事件级别,事件概况,发现时间,影响系统\n1,故障,一般,x,2026-10-05,s1、s9\n"), []string{`f:2: column "影响系统": "s1、s9" names "s9", which is not in the inventory; correct it, or import it with yunjian-collector inventory import first`}},
		{"another month", Work, []byte(work + "2026-09,设备巡检,1,1\n2026-11,设备巡检,1,1\n"), []string{
			`f:2: column "月份": "2026-09" is before 2026-10, the first month that the file states; correct the date, or state its month with --month`,
			`f:3: column "月份": "2026-11" is after 2026-10, the last month that the file states; correct the date, or state its month with --to`,
		}},
		{"no choice", Work, []byte(work + "2026-10,打扫,1,1\n"), []string{`f:2: column "工作项目": "打扫" is no choice of the column; want one of 数据备份, 值班值守, 应急与培训, 安全加固, 设备巡检, 日志审计, 风险评估`}},
		{"numbers", Work, []byte(work + "2026-10,设备巡检,十,1.5\n"), []string{
			`f:2: column "计划数": "十" is no number; write digits without a unit, or leave the cell empty if the value is not known`,
			`f:2: column "完成数": "1.5" is no whole number; write a whole number`,
		}},
		{"more than all", Backups, []byte("月份,备份任务编号,备份任务,应执行次数,成功次数\n2026-10,1,x,30,31\n"), []string{`f:2: column "成功次数": "31" is more than "应执行次数"; correct one of the two`}},
		{"beyond the heads", Work, []byte(work + "2026-10,设备巡检,1,1,9\n"), []string{`f:2: "9" stands in a column without a head; give the column a head or clear the cell; quote a field that holds the separator`}},
		{"empty cell", Work, []byte(work + "2026-10,设备巡检,,1\n"), []string{`f:2: column "计划数": is empty; fill it in; the column is required`}},
		{"percent", Services, []byte("云平台编码,服务,可用率目标\nc1,云主机,999\n"), []string{`f:2: column "可用率目标": "999" is more than 100%; write it as 99.9%`}},
	} {
		_, got := parse(t, file(c.kind, c.data))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Heads alone state that there was nothing; a stated month has to suit the kind.
func TestStatedMonths(t *testing.T) {
	for _, kind := range mustKinds(t) {
		template, err := Template(kind)
		if err != nil {
			t.Fatal(err)
		}
		if rows, problems := parse(t, file(kind, template)); len(rows) > 0 || len(problems) > 0 {
			t.Errorf("the template of %s: %d rows, %q", kind, len(rows), problems)
		}
	}
	f := file(Work, []byte("x"))
	f.From = calendar.Month{}
	if _, _, err := Parse(f, Known{}); err == nil || !strings.Contains(err.Error(), "state months") {
		t.Errorf("no month stated: %v", err)
	}
	f = file(Services, []byte("x"))
	f.From = october()
	if _, _, err := Parse(f, Known{}); err == nil || !strings.Contains(err.Error(), "register") {
		t.Errorf("a register with a month: %v", err)
	}
	if _, _, err := Parse(File{Kind: "nothing"}, Known{}); err == nil || !strings.Contains(err.Error(), "incidents, services") {
		t.Errorf("an unknown kind: %v", err)
	}
	s := Set{Sources: []Source{{Kind: Work, From: october(), To: october().Add(1)}, {Kind: Services}}}
	got := map[string]bool{}
	for name, m := range map[string]calendar.Month{"before": october().Prev(), "first": october(), "last": october().Next(), "after": october().Add(2)} {
		got[name], got["register "+name] = s.Covers(Work, m), s.Covers(Services, m)
	}
	want := map[string]bool{"before": false, "first": true, "last": true, "after": false, "register before": true, "register first": true, "register last": true, "register after": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValues(t *testing.T) {
	rows, problems := parse(t, file(Services, []byte("云平台编码,服务,可用率目标,作废\nc1,云主机,99.95%,\nc1,云硬盘,0.999,是\n")))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	first, ok := rows[0].Number("target")
	if first != 0.9995 || !ok || rows[0].Withdrawn() || !rows[1].Withdrawn() || rows[1].Text("target") != "0.999" {
		t.Errorf("rows %v", rows)
	}
	if _, ok := rows[0].Number("region"); ok || !rows[0].Date("region").IsZero() || !rows[0].Time("region").IsZero() || rows[0].List("region") != nil {
		t.Error("an empty cell has a value")
	}
}

func mustKinds(t testing.TB) []string {
	t.Helper()
	kinds, err := Kinds()
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

func TestImportsDoc(t *testing.T) {
	got, err := Doc()
	if err != nil {
		t.Fatal(err)
	}
	const name = "../../docs/imports.md"
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/imports.md is not what the schema says; run `make docs`:\n%s", diff)
	}
}

func FuzzParseCSV(f *testing.F) {
	for _, kind := range mustKinds(f) {
		template, err := Template(kind)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(template, kind)
	}
	f.Add([]byte(incidents), Incidents)
	f.Fuzz(func(t *testing.T, data []byte, kind string) {
		if bytes.HasPrefix(data, []byte("PK")) {
			return // FuzzParseXLSX reads workbooks
		}
		rows, problems, err := Parse(file(kind, data), known())
		if err != nil {
			return // no such kind
		}
		checkParsed(t, rows, len(problems))
	})
}

// checkParsed asks of rows what everyone who reads them relies on.
func checkParsed(t *testing.T, rows []Record, problems int) {
	t.Helper()
	s, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 && problems > 0 {
		t.Fatalf("%d rows and %d problems", len(rows), problems)
	}
	keys := map[string]bool{}
	for _, r := range rows {
		if keys[r.Key] {
			t.Fatalf("the key %q is there twice", r.Key)
		}
		keys[r.Key] = true
		k, err := s.kind(r.Kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range k.Columns {
			value, given := r.Values[c.Field]
			if !given && c.Required || given && value == "" {
				t.Fatalf("%s is %q, %v", c.Field, value, given)
			}
			if !given {
				continue
			}
			ok := true
			switch c.Type {
			case "date":
				ok = r.Date(c.Field).String() == value
			case "time":
				ok = r.Time(c.Field).In(shanghai()).Format(time.RFC3339) == value
			case "month":
				ok = r.Month(c.Field).String() == value
			case "count", "number", "percent":
				_, ok = r.Number(c.Field)
			}
			if !ok {
				t.Fatalf("%s of %s reads back from %q as another", c.Type, c.Field, value)
			}
		}
	}
}

func FuzzParseXLSX(f *testing.F) {
	f.Add(workbook(f, [][]any{{"月份", "工作项目", "计划数", "完成数"}, {"2026-10", "设备巡检", 1, 1}}, nil))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, problems, err := Parse(file(Work, data), known())
		if err != nil {
			t.Fatal(err)
		}
		checkParsed(t, rows, len(problems))
	})
}
