package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/golang/snappy"
	"google.golang.org/protobuf/encoding/protowire"
)

// ErrTooLarge means that a request is over one of its Limits; the text says
// which. A sender may split it and try again (HTTP 413).
var ErrTooLarge = errors.New("request too large")

// RawLabel is a label that points into the decoded request.
type RawLabel struct{ Name, Value []byte }

// Series is one decoded series. It points into the request and is valid only
// inside the visit that gets it.
type Series struct {
	Labels  []RawLabel
	Samples []Sample
	Name    []byte // value of __name__
	// Histograms counts native histograms, which are not stored.
	Histograms int
}

// Version of remote write.
type Version int

// The versions that Decode reads.
const (
	RemoteWrite1 Version = 1
	RemoteWrite2 Version = 2
)

// staleNaN is the bit pattern with which Prometheus ends a series.
const staleNaN uint64 = 0x7ff0000000000002

// IsStale reports whether v is Prometheus' staleness marker: no sample.
func IsStale(v float64) bool { return math.Float64bits(v) == staleNaN }

// Decoder reads remote-write requests and keeps its buffers between them. It is
// not safe for concurrent use.
type Decoder struct {
	Limits  Limits
	plain   []byte
	series  Series
	symbols [][]byte
}

// Decode checks the limits, uncompresses the body and calls visit for every
// series in order. It stops at the first error of visit. A malformed request is
// an error; a request over a limit is ErrTooLarge.
func (d *Decoder) Decode(body []byte, version Version, visit func(*Series) error) error {
	if len(body) > d.Limits.CompressedBytes {
		return fmt.Errorf("%w: body has %d bytes; the limit is %d", ErrTooLarge, len(body), d.Limits.CompressedBytes)
	}
	size, err := snappy.DecodedLen(body)
	if err != nil {
		return fmt.Errorf("decode snappy: %w", err)
	}
	if size > d.Limits.DecodedBytes {
		return fmt.Errorf("%w: %d bytes after snappy; the limit is %d", ErrTooLarge, size, d.Limits.DecodedBytes)
	}
	if cap(d.plain) < size {
		d.plain = make([]byte, size)
	}
	plain, err := snappy.Decode(d.plain[:cap(d.plain)], body)
	if err != nil {
		return fmt.Errorf("decode snappy: %w", err)
	}
	w := walk{d: d, visit: visit, histograms: 4}
	if version == RemoteWrite2 {
		w.histograms = 3
		return w.request2(plain)
	}
	return w.request1(plain)
}

// walk is one pass over one request.
type walk struct {
	d          *Decoder
	visit      func(*Series) error
	series     int
	samples    int
	histograms protowire.Number // field of native histograms in a series
}

func (w *walk) request1(b []byte) error {
	return fields(b, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		if num != fieldTimeSeries || typ != protowire.BytesType {
			return nil // metadata and what later versions add
		}
		return w.one(v, w.label1)
	})
}

// one reads a series of either version; label reads its labels field.
func (w *walk) one(b []byte, label func(typ protowire.Type, v []byte) error) error {
	if w.series++; w.series > w.d.Limits.Series {
		return fmt.Errorf("%w: more than %d series", ErrTooLarge, w.d.Limits.Series)
	}
	s := &w.d.series
	*s = Series{Labels: s.Labels[:0], Samples: s.Samples[:0]}
	err := fields(b, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		switch num {
		case fieldLabels:
			return label(typ, v)
		case fieldSamples:
			if typ != protowire.BytesType {
				return errors.New("samples field has the wrong wire type")
			}
			return w.sample(v)
		case w.histograms:
			s.Histograms++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("series %d: %w", w.series, err)
	}
	for _, l := range s.Labels {
		if string(l.Name) == LabelName {
			s.Name = l.Value
		}
	}
	return w.visit(s)
}

func (w *walk) label1(typ protowire.Type, v []byte) error {
	if typ != protowire.BytesType {
		return errors.New("labels field has the wrong wire type")
	}
	if l, ok := shortLabel(v); ok {
		return w.addLabel(l)
	}
	var l RawLabel
	err := fields(v, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		switch {
		case typ != protowire.BytesType:
		case num == fieldLabelName:
			l.Name = v
		case num == fieldLabelValue:
			l.Value = v
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.addLabel(l)
}

// Tags of a field whose number is below 16, as its one byte on the wire.
const (
	tagLabelName  = fieldLabelName<<3 | byte(protowire.BytesType)
	tagLabelValue = fieldLabelValue<<3 | byte(protowire.BytesType)
	tagValue      = fieldValue<<3 | byte(protowire.Fixed64Type)
	tagTimestamp  = fieldTimestamp<<3 | byte(protowire.VarintType)
)

// shortLabel reads a label as every sender writes it: name, value, each shorter
// than 128 bytes. Labels are most of a request, so the general way would be most
// of the work. Anything else is not ok, and left to that.
func shortLabel(v []byte) (l RawLabel, ok bool) {
	if len(v) < 4 || v[0] != tagLabelName || v[1] >= 0x80 {
		return l, false
	}
	name := int(v[1]) + 2
	if len(v) < name+2 || v[name] != tagLabelValue || v[name+1] >= 0x80 || len(v) != name+2+int(v[name+1]) {
		return l, false
	}
	return RawLabel{Name: v[2:name:name], Value: v[name+2:]}, true
}

// plainSample reads a sample as every sender writes it: value, timestamp. Anything
// else is not ok.
func plainSample(b []byte) (s Sample, ok bool) {
	if len(b) < 11 || b[0] != tagValue || b[9] != tagTimestamp {
		return s, false
	}
	ms, n := protowire.ConsumeVarint(b[10:])
	if n != len(b)-10 {
		return s, false
	}
	return Sample{Milliseconds: int64(ms), Value: math.Float64frombits(binary.LittleEndian.Uint64(b[1:]))}, true
}

func (w *walk) addLabel(l RawLabel) error {
	s := &w.d.series
	if len(s.Labels) >= w.d.Limits.Labels {
		return fmt.Errorf("%w: more than %d labels", ErrTooLarge, w.d.Limits.Labels)
	}
	if n := max(len(l.Name), len(l.Value)); n > w.d.Limits.LabelBytes {
		return fmt.Errorf("%w: label %.60q has %d bytes; the limit is %d", ErrTooLarge, l.Name, n, w.d.Limits.LabelBytes)
	}
	s.Labels = append(s.Labels, l)
	return nil
}

func (w *walk) sample(b []byte) error {
	if w.samples++; w.samples > w.d.Limits.Samples {
		return fmt.Errorf("%w: more than %d samples", ErrTooLarge, w.d.Limits.Samples)
	}
	s, ok := plainSample(b)
	if ok {
		w.d.series.Samples = append(w.d.series.Samples, s)
		return nil
	}
	err := fields(b, func(num protowire.Number, typ protowire.Type, _ []byte, n uint64) error {
		switch {
		case num == fieldValue && typ == protowire.Fixed64Type:
			s.Value = math.Float64frombits(n)
		case num == fieldTimestamp && typ == protowire.VarintType:
			s.Milliseconds = int64(n)
		}
		return nil
	})
	w.d.series.Samples = append(w.d.series.Samples, s)
	return err
}

// Field numbers of io.prometheus.write.v2.Request.
const (
	fieldSymbols2    = 4
	fieldTimeSeries2 = 5
)

// request2 walks twice: the symbol table may stand behind the series.
func (w *walk) request2(b []byte) error {
	w.d.symbols = w.d.symbols[:0]
	err := fields(b, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		if num == fieldSymbols2 && typ == protowire.BytesType {
			if len(w.d.symbols) > 2*w.d.Limits.Series {
				return fmt.Errorf("%w: more than %d symbols", ErrTooLarge, 2*w.d.Limits.Series)
			}
			w.d.symbols = append(w.d.symbols, v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fields(b, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		if num != fieldTimeSeries2 || typ != protowire.BytesType {
			return nil
		}
		return w.one(v, w.labels2)
	})
}

// labels2 reads packed pairs of references into the symbol table.
func (w *walk) labels2(typ protowire.Type, v []byte) error {
	if typ != protowire.BytesType {
		return errors.New("labels_refs field is not packed")
	}
	for len(v) > 0 {
		var pair [2][]byte
		for i := range pair {
			ref, n := protowire.ConsumeVarint(v)
			if n < 0 || ref >= uint64(len(w.d.symbols)) {
				return errors.New("labels_refs points outside the symbol table")
			}
			pair[i], v = w.d.symbols[ref], v[n:]
		}
		if err := w.addLabel(RawLabel{pair[0], pair[1]}); err != nil {
			return err
		}
	}
	return nil
}

// fields calls each for the fields of a message: v holds the bytes of a
// length-delimited field, n the value of any other.
func fields(b []byte, each func(num protowire.Number, typ protowire.Type, v []byte, n uint64) error) error {
	for len(b) > 0 {
		num, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return fmt.Errorf("decode protobuf: %w", protowire.ParseError(size))
		}
		b = b[size:]
		var v []byte
		var n uint64
		switch typ {
		case protowire.BytesType:
			v, size = protowire.ConsumeBytes(b)
		case protowire.Fixed64Type:
			n, size = protowire.ConsumeFixed64(b)
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(b)
		default:
			size = protowire.ConsumeFieldValue(num, typ, b)
		}
		if size < 0 {
			return fmt.Errorf("decode protobuf: %w", protowire.ParseError(size))
		}
		b = b[size:]
		if err := each(num, typ, v, n); err != nil {
			return err
		}
	}
	return nil
}
