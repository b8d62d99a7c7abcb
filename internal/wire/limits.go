package wire

import "time"

// Limits bound a request before and while it is decoded. A request over one of
// them is refused whole; the zero value refuses everything, so start from
// DefaultLimits.
type Limits struct {
	CompressedBytes int // of the body as received
	DecodedBytes    int // of the body after snappy, read from its header before decoding
	Series          int // time series in a request
	Samples         int // samples in a request
	Labels          int // labels of one series
	LabelBytes      int // of one label name or value
}

// DefaultLimits take a gateway's request of 10,000 host-minutes, several times over.
func DefaultLimits() Limits {
	return Limits{
		CompressedBytes: 16 << 20,
		DecodedBytes:    64 << 20,
		Series:          500_000,
		Samples:         2_000_000,
		Labels:          40,
		LabelBytes:      4096,
	}
}

const (
	// MaxFuture is how far ahead of the collector's clock a sample may be
	// before it goes to quarantine.
	MaxFuture = 10 * time.Minute
	// MaxIntervalSeconds is the longest measured interval: one derived bucket.
	MaxIntervalSeconds = 300
)

// Paths of the collector's door, and the header with the collector's clock.
const (
	PathWrite     = "/api/v1/write"
	PathDocuments = "/api/v1/documents"
	// HeaderTime carries the collector's clock as decimal Unix nanoseconds in
	// every answer; the agent takes its clock offset from it.
	HeaderTime = "X-Yunjian-Time"
)
