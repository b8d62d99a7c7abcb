package inventory

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// volumesChinese has a disk that is detached, and one of a platform without a provider.
const volumesChinese = "云硬盘编码,信息系统编码,云平台编码,云服务商编码,容量(GiB),挂载的云主机编码,生效日期,状态\n" +
	"d1,s1,c1,,\"1,024\",h0,2026/1/5,在用\n" +
	"d1,s1,c1,,1024,,2026年3月1日,在用\n" +
	"d2,s1,c2,p2,2048,g0,20260105,使用中\n" +
	"d2,s1,c2,p2,2048,,2026-04-01,已回收\n"

const volumeHead = "volume_id,system,platform,provider,size_gib,host,effective_from,state\n"

func TestVolumes(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Batch
	}{
		{
			volumesChinese,
			Batch{Volumes: []Volume{
				{ID: "d1", System: "s1", Platform: "c1", Provider: "p1", SizeGiB: 1024, Host: "h0", EffectiveFrom: day(t, "2026-01-05"), State: "in_service"},
				{ID: "d1", System: "s1", Platform: "c1", Provider: "p1", SizeGiB: 1024, EffectiveFrom: day(t, "2026-03-01"), State: "in_service"},
				{ID: "d2", System: "s1", Platform: "c2", Provider: "p2", SizeGiB: 2048, Host: "g0", EffectiveFrom: day(t, "2026-01-05"), State: "in_service"},
				{ID: "d2", System: "s1", Platform: "c2", Provider: "p2", SizeGiB: 2048, EffectiveFrom: day(t, "2026-04-01"), State: "released"},
			}},
		},
		{
			"subject_kind,subject,kind,reason,approver,expires\n云硬盘,d0,major_event,数据留存,办公室,2026-12-31\nhost,p2/g0,standby,灾备,办公室,2026-12-31\n",
			Batch{Exemptions: []Exemption{{SubjectKind: "volume", Subject: "d0", Kind: "major_event", Reason: "数据留存", Approver: "办公室", Expires: day(t, "2026-12-31")}, {SubjectKind: "host", Subject: "p2/g0", Kind: "standby", Reason: "灾备", Approver: "办公室", Expires: day(t, "2026-12-31")}}},
		},
	} {
		if diff := cmp.Diff(tt.want, accept(t, []byte(tt.text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestVolumesRefused(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{volumeHead + "d1,s9,c1,,1,,2026-01-05,在用\n", `"s9" is neither`},
		{volumeHead + "d1,s1,c9,,1,,2026-01-05,在用\n", `"c9" is neither`},
		{volumeHead + "d1,s1,c1,p9,1,,2026-01-05,在用\n", `"p9" is neither`},
		{volumeHead + "d1,s1,c1,p2,1,,2026-01-05,在用\n", `"p2" is not "p1", who runs the platform`},
		{volumeHead + "d1,s1,c2,,1,,2026-01-05,在用\n", "is empty, and the platform has none"},
		{volumeHead + "d1,s1,c1,,,,2026-01-05,在用\n", `column "size_gib": is empty`},
		{volumeHead + "d1,s1,c1,,0,,2026-01-05,在用\n", `column "size_gib": "0" is not from 1`},
		{volumeHead + "d1,,c1,,1,,2026-01-05,在用\n", `column "system": is empty`},
		{volumeHead + "d1,s1,c1,,1,h9,2026-01-05,在用\n", `column "host": "h9" is neither`},
		{volumeHead + "d1,s1,c1,,1,g0,2026-01-05,在用\n", `"g0" is no host of provider "p1"`},
		{volumeHead + "d1,s1,c1,,1,h0,2026-01-05,已回收\n", "is given, and the disk is released"},
		{volumeHead + "h0,s1,c1,,1,,2026-01-05,在用\n", `"h0" is in hosts of the provider already`},
		{volumeHead + "d1,s1,c1,,1,,2026-01-05,在用\nd1,s1,c1,p1,2,,2026-1-5,在用\n", "is given on line 2 already"},
		{"host_id,system,platform,vcpu,memory_gib,effective_from,state,owner\nd0,s1,c1,1,1,2026-01-05,在用,unit\n", `"d0" is in volumes of the provider already`},
		{"subject_kind,subject,kind,reason,approver,expires\n云硬盘,h0,standby,x,y,2026-12-31\n", `"h0" is neither in this file nor known`},
		{"subject_kind,subject,kind,reason,approver,expires\n云硬盘,p1/h0,standby,x,y,2026-12-31\n", `"p1/h0" is neither in this file nor known`},
		{"subject_kind,subject,kind,reason,approver,expires\n云硬盘,d0,日志保存,x,y,2026-12-31\n", `column "kind": "日志保存" is not for disks`},
	} {
		_, got := parse(t, "f", []byte(tt.text), "")
		if len(got) == 0 || !strings.Contains(got[0], tt.want) {
			t.Errorf("%q: %q; want a problem that says %q", tt.text, got, tt.want)
		}
	}
}
