package wire

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

type flat struct {
	Labels  []Label
	Samples []Sample
}

func decodeAll(t testing.TB, d *Decoder, body []byte, v Version) ([]flat, error) {
	t.Helper()
	var got []flat
	err := d.Decode(body, v, func(s *Series) error {
		f := flat{Samples: append([]Sample(nil), s.Samples...)}
		for _, l := range s.Labels {
			f.Labels = append(f.Labels, Label{string(l.Name), string(l.Value)})
		}
		got = append(got, f)
		return nil
	})
	return got, err
}

func TestEncodeDecode(t *testing.T) {
	want := []flat{
		{[]Label{{LabelName, "yunjian_cpu_used_cores"}, {LabelHost, "i-1"}}, []Sample{{1760000000000, 1.25}, {1760000060000, -0.5}}},
		{[]Label{{LabelName, "up"}, {LabelHost, "主机"}}, []Sample{{-1, 0}}},
	}
	var e Encoder
	for _, f := range want {
		e.Add(f.Labels, f.Samples...)
	}
	body := e.Bytes()
	got, err := decodeAll(t, &Decoder{Limits: DefaultLimits()}, body, RemoteWrite1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if e.Len() != 0 {
		t.Errorf("encoder holds %d bytes after Bytes; want 0", e.Len())
	}
}

// request2 builds a remote-write 2.0 request by hand, symbols behind the series.
func request2(refs []uint64, symbols ...string) []byte {
	var packed, series, sample, out []byte
	for _, r := range refs {
		packed = protowire.AppendVarint(packed, r)
	}
	series = protowire.AppendTag(series, fieldLabels, protowire.BytesType)
	series = protowire.AppendBytes(series, packed)
	sample = protowire.AppendTag(sample, fieldValue, protowire.Fixed64Type)
	sample = protowire.AppendFixed64(sample, math.Float64bits(7))
	sample = protowire.AppendTag(sample, fieldTimestamp, protowire.VarintType)
	sample = protowire.AppendVarint(sample, 1000)
	series = protowire.AppendTag(series, fieldSamples, protowire.BytesType)
	series = protowire.AppendBytes(series, sample)
	out = protowire.AppendTag(out, fieldTimeSeries2, protowire.BytesType)
	out = protowire.AppendBytes(out, series)
	for _, s := range symbols {
		out = appendString(out, fieldSymbols2, s)
	}
	return snappy.Encode(nil, out)
}

func TestDecodeVersion2(t *testing.T) {
	d := &Decoder{Limits: DefaultLimits()}
	got, err := decodeAll(t, d, request2([]uint64{1, 2, 3, 4}, "", LabelName, "up", "job", "node"), RemoteWrite2)
	want := []flat{{[]Label{{LabelName, "up"}, {"job", "node"}}, []Sample{{1000, 7}}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for _, refs := range [][]uint64{{1}, {1, 99}} {
		if _, err := decodeAll(t, d, request2(refs, "", "a"), RemoteWrite2); err == nil {
			t.Errorf("references %v: no error; want one", refs)
		}
	}
}

func TestLimits(t *testing.T) {
	var e Encoder
	for range 3 {
		e.Add([]Label{{LabelName, "up"}, {LabelHost, "h"}}, Sample{1, 1}, Sample{2, 2})
	}
	body := e.Bytes()
	tests := map[string]func(*Limits){
		"body has":     func(l *Limits) { l.CompressedBytes = len(body) - 1 },
		"after snappy": func(l *Limits) { l.DecodedBytes = 10 },
		"series":       func(l *Limits) { l.Series = 2 },
		"samples":      func(l *Limits) { l.Samples = 5 },
		"labels":       func(l *Limits) { l.Labels = 1 },
		"label":        func(l *Limits) { l.LabelBytes = 3 },
	}
	for text, change := range tests {
		d := &Decoder{Limits: DefaultLimits()}
		if _, err := decodeAll(t, d, body, RemoteWrite1); err != nil {
			t.Fatal(err)
		}
		change(&d.Limits)
		if _, err := decodeAll(t, d, body, RemoteWrite1); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v; want ErrTooLarge that says %q", text, err, text)
		}
	}
	// A tiny body that claims to be huge must be refused by its header.
	bomb := protowire.AppendVarint(nil, 1<<31)
	if _, err := decodeAll(t, &Decoder{Limits: DefaultLimits()}, bomb, RemoteWrite1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("snappy bomb: error %v; want ErrTooLarge", err)
	}
}

func TestPack(t *testing.T) {
	totals := Totals()
	tests := []struct {
		metric int
		value  float64
		want   int64
	}{
		{CPUUsedCores, 1.2345, 1235},
		{CPUUsedCores, 0, 0},
		{CPUUsedCores, math.NaN(), -1},
		{CPUUsedCores, math.Inf(1), -1},
		{CPUUsedCores, -0.2, -1},
		{CPUUsedCores, 1e12, -1},
		{MemoryTotalBytes, 8 << 30, 8192},
		{NetworkReceiveBytes, 5e6, 5e6},
		{ClockOffsetSeconds, -0.001, -1},
		{ClockOffsetSeconds, math.NaN(), math.MinInt32},
		{IntervalSeconds, 40000, -1},
	}
	for _, tt := range tests {
		m := totals[tt.metric]
		if got := m.Pack(tt.value); got != tt.want {
			t.Errorf("%s.Pack(%v) = %d; want %d", m.Name, tt.value, got, tt.want)
		}
		if back := m.Unpack(tt.want); (tt.want == m.Missing) != math.IsNaN(back) {
			t.Errorf("%s.Unpack(%d) = %v", m.Name, tt.want, back)
		}
	}
}

func TestTable(t *testing.T) {
	table := NewTable()
	seen := map[string]bool{}
	for i, m := range Totals() {
		if !ValidName(m.FullName()) || m.Help == "" || m.Unit == "" || m.Stored == "" || m.Label != "" || m.Bits == 0 || m.Scale == 0 {
			t.Errorf("total %d is incomplete: %+v", i, m)
		}
		if m.Aliased() == (i == IntervalSeconds) {
			t.Errorf("%s: stored as %q: a value that may be missing needs an alias that hides the sentinel", m.Name, m.Stored)
		}
		if got, ok := table.Total([]byte(m.FullName())); !ok || got != i {
			t.Errorf("Total(%s) = %d, %v; want %d", m.FullName(), got, ok, i)
		}
		seen[m.Name] = true
	}
	for _, m := range Devices() {
		if !ValidName(m.FullName()) || m.Help == "" || m.Unit == "" || m.Label == "" || seen[m.Name] {
			t.Errorf("device metric is incomplete or named twice: %+v", m)
		}
		seen[m.Name] = true
	}
	if _, ok := table.Total([]byte("up")); ok {
		t.Error("Total(up) found something")
	}
}

func TestDocument(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		body, err string
		want      any
	}{
		{`{"schema":"identity/v1","host":"i-1","host_kind":"dmi","at":"2026-11-01T00:00:00Z","new":1}`, "", &Identity{Schema: SchemaIdentity, Host: "i-1", HostKind: HostDMI, At: at}},
		{`{"schema":"power/v1","host":"i-1","source":"x","events":[{"off_at":"2026-11-01T00:00:00Z","on_at":"2026-11-01T01:00:00Z"}]}`, "", &Power{Schema: SchemaPower, Host: "i-1", Source: "x", Events: []PowerEvent{{at, at.Add(time.Hour)}}}},
		{`{"schema":"power/v1","host":"i-1","source":"x","events":[{"off_at":"2026-11-01T00:00:00Z","on_at":"2026-11-01T00:00:00Z"}]}`, "is not after", nil},
		{`{"schema":"identity/v1","host":"i-1","host_kind":"guess","at":"2026-11-01T00:00:00Z"}`, "host_kind", nil},
		{`{"schema":"identity/v1","host_kind":"dmi","at":"2026-11-01T00:00:00Z"}`, "no host", nil},
		{`{"schema":"mystery/v9"}`, "unknown document schema", nil},
		{`{"schema":"power/v1"} {}`, "follows", nil},
		{`[]`, "decode document", nil},
	}
	for _, tt := range tests {
		got, err := DecodeDocument([]byte(tt.body))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v; want %q", tt.body, err, tt.err)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", tt.body, err, diff)
		}
	}
}

func FuzzDecode(f *testing.F) {
	var e Encoder
	e.Add([]Label{{LabelName, "up"}, {LabelHost, "h"}}, Sample{1, 1})
	f.Add(e.Bytes(), true)
	f.Add(request2([]uint64{1, 2}, "", LabelName, "up"), false)
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x08}, true)
	f.Fuzz(func(t *testing.T, body []byte, first bool) {
		v := RemoteWrite2
		if first {
			v = RemoteWrite1
		}
		l := Limits{CompressedBytes: 1 << 16, DecodedBytes: 1 << 16, Series: 100, Samples: 100, Labels: 10, LabelBytes: 100}
		n := 0
		err := (&Decoder{Limits: l}).Decode(body, v, func(s *Series) error {
			n++
			if len(s.Labels) > l.Labels || len(s.Samples) > l.Samples {
				t.Errorf("series over the limits: %d labels, %d samples", len(s.Labels), len(s.Samples))
			}
			return nil
		})
		if n > l.Series {
			t.Errorf("%d series passed; limit %d (%v)", n, l.Series, err)
		}
	})
}

// The short ways of reading labels and samples give what the general one gives.
func FuzzShortcuts(f *testing.F) {
	f.Add([]byte("\x0a\x04name\x12\x05value"))
	f.Add([]byte("\x0a\x00\x12\x00"))
	f.Add([]byte("\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\xe8\x07"))
	f.Add([]byte("\x0a\x05name\x12\x05value"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var want RawLabel
		var sample Sample
		err := fields(b, func(num protowire.Number, typ protowire.Type, v []byte, n uint64) error {
			switch {
			case num == fieldLabelName && typ == protowire.BytesType:
				want.Name = v
			case num == fieldLabelValue && typ == protowire.BytesType:
				want.Value = v
			case num == fieldValue && typ == protowire.Fixed64Type:
				sample.Value = math.Float64frombits(n)
			case num == fieldTimestamp && typ == protowire.VarintType:
				sample.Milliseconds = int64(n)
			}
			return nil
		})
		if got, ok := shortLabel(b); ok && (err != nil || string(got.Name) != string(want.Name) || string(got.Value) != string(want.Value)) {
			t.Errorf("label %q = %q; want %q (%v)", got.Name, got.Value, want, err)
		}
		got, ok := plainSample(b)
		if ok && (err != nil || got.Milliseconds != sample.Milliseconds || math.Float64bits(got.Value) != math.Float64bits(sample.Value)) {
			t.Errorf("sample = %v; want %v (%v)", got, sample, err)
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"schema":"identity/v1","host":"i-1","host_kind":"dmi","at":"2026-11-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := DecodeDocument(body)
		if id, ok := d.(*Identity); ok && err == nil && id.Host == "" {
			t.Error("accepted an identity without a host")
		}
	})
}

func BenchmarkDecodeReport(b *testing.B) {
	var e Encoder
	for _, m := range Totals() {
		e.Add([]Label{{LabelName, m.FullName()}, {LabelHost, "i-0123456789abcdef0"}}, Sample{1760000000000, 1234.5})
	}
	body := e.Bytes()
	d := &Decoder{Limits: DefaultLimits()}
	for b.Loop() {
		if err := d.Decode(body, RemoteWrite1, func(*Series) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(body)), "bytes/report")
}
