package wire

import (
	"math"
	"slices"

	"github.com/golang/snappy"
	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of prometheus.WriteRequest (remote write 1.0) and its parts.
const (
	fieldTimeSeries = 1
	fieldLabels     = 1
	fieldSamples    = 2
	fieldLabelName  = 1
	fieldLabelValue = 2
	fieldValue      = 1
	fieldTimestamp  = 2
)

// Label is one label of a series.
type Label struct{ Name, Value string }

// Sample is one value at an instant, in milliseconds since 1970.
type Sample struct {
	Milliseconds int64
	Value        float64
}

// Encoder builds a remote-write 1.0 request. The zero value is an empty
// request. It is not safe for concurrent use.
type Encoder struct {
	buf    []byte
	series []byte
	label  []byte
}

// Add appends one series. Labels must be sorted by name, __name__ included, as
// the remote-write specification asks; samples go from old to new.
func (e *Encoder) Add(labels []Label, samples ...Sample) {
	e.series = e.series[:0]
	for _, l := range labels {
		e.label = appendString(e.label[:0], fieldLabelName, l.Name)
		e.label = appendString(e.label, fieldLabelValue, l.Value)
		e.series = protowire.AppendTag(e.series, fieldLabels, protowire.BytesType)
		e.series = protowire.AppendBytes(e.series, e.label)
	}
	for _, s := range samples {
		e.label = protowire.AppendTag(e.label[:0], fieldValue, protowire.Fixed64Type)
		e.label = protowire.AppendFixed64(e.label, math.Float64bits(s.Value))
		e.label = protowire.AppendTag(e.label, fieldTimestamp, protowire.VarintType)
		e.label = protowire.AppendVarint(e.label, uint64(s.Milliseconds))
		e.series = protowire.AppendTag(e.series, fieldSamples, protowire.BytesType)
		e.series = protowire.AppendBytes(e.series, e.label)
	}
	e.buf = protowire.AppendTag(e.buf, fieldTimeSeries, protowire.BytesType)
	e.buf = protowire.AppendBytes(e.buf, e.series)
}

// Len is the size of the request so far, before compression.
func (e *Encoder) Len() int { return len(e.buf) }

// Bytes returns the request, snappy-compressed, and empties the encoder.
func (e *Encoder) Bytes() []byte {
	out := snappy.Encode(nil, e.buf)
	e.buf = e.buf[:0]
	return out
}

// SortLabels puts labels into the order that Add wants.
func SortLabels(labels []Label) {
	slices.SortFunc(labels, func(a, b Label) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendString(b, s)
}
