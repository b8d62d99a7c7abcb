package retention

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemedySize(t *testing.T) {
	c, err := LoadCatalog()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		bytes float64
		want  string
	}{
		{1, "请扩充磁盘或缩减其他占用,勿删除日志(保存期约需0.1 MiB)"},
		{5 << 20, "请扩充磁盘或缩减其他占用,勿删除日志(保存期约需5.0 MiB)"},
		{1<<30 - 1, "请扩充磁盘或缩减其他占用,勿删除日志(保存期约需1024.0 MiB)"},
		{1 << 30, "请扩充磁盘或缩减其他占用,勿删除日志(保存期约需1.0 GiB)"},
		{250 << 30, "请扩充磁盘或缩减其他占用,勿删除日志(保存期约需250.0 GiB)"},
		{0, "请扩充磁盘或缩减其他占用,勿删除日志"},
	} {
		if diff := cmp.Diff(tt.want, c.Remedy(Remedy{Action: ActionSpace, Bytes: tt.bytes}, Chinese)); diff != "" {
			t.Errorf("%.0f bytes (-want +got):\n%s", tt.bytes, diff)
		}
	}
}

// What an agent says of a configuration is told in Chinese where the catalogue has it,
// with what stands around it, and as it is otherwise.
func TestProblems(t *testing.T) {
	c, err := LoadCatalog()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"the agent has no right to read it":      "采集程序无权读取",
		"logrotate: unknown option":              "logrotate: 未知选项",
		"maxFileSize: the value is out of range": "maxFileSize: 取值超出范围",
		"something that nobody knows":            "something that nobody knows",
	} {
		if got := c.Problem(text, Chinese); got != want {
			t.Errorf("%q in Chinese is %q; want %q", text, got, want)
		}
		if got := c.Problem(text, English); got != text {
			t.Errorf("%q in English is %q", text, got)
		}
	}
	d := Decision{}
	reason := Reason{Code: PolicyUnparsed, Path: "/var/log/a", Detail: "logrotate: bad value"}
	want := "/var/log/a的保存策略或写入速率不明,无法推算何时删除:logrotate: 取值有误"
	if diff := cmp.Diff(want, c.Reason(d, reason, Chinese)); diff != "" {
		t.Errorf("reason (-want +got):\n%s", diff)
	}
}
