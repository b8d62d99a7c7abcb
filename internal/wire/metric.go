package wire

import (
	"fmt"
	"math"
	"strings"
)

// Prefix starts the name of every metric that an agent sends.
const Prefix = "yunjian_"

// Label names. Host identifies the sender's virtual machine (contract: Identity
// and time); Instance is what a stock Prometheus says instead.
const (
	LabelName       = "__name__"
	LabelHost       = "host"
	LabelInstance   = "instance"
	LabelMountpoint = "mountpoint"
	LabelDevice     = "device"
	LabelLogSource  = "log_source"
)

// Bits is the width of the signed integer in which a value is stored.
type Bits int

// The widths in use.
const (
	Int16 Bits = 16
	Int32 Bits = 32
	Int64 Bits = 64
)

// Metric describes one canonical metric. The name without Prefix is also the
// name of the ClickHouse column in natural units, the YAML key in rules and the
// field in reports.
type Metric struct {
	Name    string  // without Prefix, snake case, ends in its base unit
	Stored  string  // integer column that holds round(value × Scale); empty for a metric with a Label
	Scale   float64 // stored units for one natural unit
	Bits    Bits    // width of the stored integer
	Missing int64   // stored when the value was not readable; never a possible value
	Unit    string  // natural unit, as printed in docs
	Label   string  // "" for a host total, else the one label that tells the series of a host apart
	Help    string  // one sentence
}

// FullName is the name on the wire and at /metrics.
func (m Metric) FullName() string { return Prefix + m.Name }

// Pack converts a value in natural units to the stored integer. A NaN, an
// infinity, a negative value of a metric that cannot be negative, and a value
// beyond the width become Missing: what was not readable is never 0.
func (m Metric) Pack(v float64) int64 {
	limit := float64(math.MaxInt64)
	switch m.Bits {
	case Int16:
		limit = math.MaxInt16
	case Int32:
		limit = math.MaxInt32
	}
	s := math.Round(v * m.Scale)
	if math.IsNaN(s) || s >= limit || s <= -limit || (m.Missing == -1 && s < 0) {
		return m.Missing
	}
	return int64(s)
}

// Unpack converts a stored integer to natural units; NaN stands for Missing.
func (m Metric) Unpack(stored int64) float64 {
	if stored == m.Missing {
		return math.NaN()
	}
	return float64(stored) / m.Scale
}

const (
	milli = 1000
	centi = 100
	mib   = 1.0 / (1 << 20)
)

// Positions of the row metrics in Totals, so that code can name a value of a Row.
const (
	IntervalSeconds = iota
	VCPUs
	CPUUsedCores
	CPUUsedPeakCores
	CPUIowaitCores
	CPUStealCores
	MemoryTotalBytes
	MemoryAvailableBytes
	MemoryUsedBytes
	MemoryUsedPeakBytes
	SwapTotalBytes
	SwapUsedBytes
	Load1
	Load5
	NetworkReceiveBytes
	NetworkTransmitBytes
	AgentTrafficBytes
	DiskReadBytes
	DiskWriteBytes
	StorageSizeBytes
	StorageUsedBytes
	BootTimeSeconds
	ClockOffsetSeconds
	ProbeFailures
	RowWidth // number of row metrics
)

// Totals are the host totals in the order of the columns of table usage. A
// request that carries every one of them for a host and an instant becomes one
// row; any other goes to table samples.
func Totals() [RowWidth]Metric {
	return [RowWidth]Metric{
		IntervalSeconds:      {Name: "interval_seconds", Stored: "interval_seconds", Scale: 1, Bits: Int16, Missing: -1, Unit: "s", Help: "Length of the measured interval; the sample's time is its start."},
		VCPUs:                {Name: "vcpus", Stored: "vcpus_stored", Scale: 1, Bits: Int16, Missing: -1, Unit: "vCPU", Help: "Online virtual CPUs."},
		CPUUsedCores:         {Name: "cpu_used_cores", Stored: "cpu_used_millicores", Scale: milli, Bits: Int32, Missing: -1, Unit: "cores", Help: "Mean CPU use in the interval, all time that is neither idle, iowait nor steal."},
		CPUUsedPeakCores:     {Name: "cpu_used_peak_cores", Stored: "cpu_used_peak_millicores", Scale: milli, Bits: Int32, Missing: -1, Unit: "cores", Help: "Highest CPU use of any look (5 s) in the interval."},
		CPUIowaitCores:       {Name: "cpu_iowait_cores", Stored: "cpu_iowait_millicores", Scale: milli, Bits: Int32, Missing: -1, Unit: "cores", Help: "Mean time spent waiting for I/O."},
		CPUStealCores:        {Name: "cpu_steal_cores", Stored: "cpu_steal_millicores", Scale: milli, Bits: Int32, Missing: -1, Unit: "cores", Help: "Mean time the hypervisor ran something else while this host wanted to run."},
		MemoryTotalBytes:     {Name: "memory_total_bytes", Stored: "memory_total_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "MemTotal."},
		MemoryAvailableBytes: {Name: "memory_available_bytes", Stored: "memory_available_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "Mean MemAvailable in the interval."},
		MemoryUsedBytes:      {Name: "memory_used_bytes", Stored: "memory_used_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "Mean of MemTotal less MemAvailable in the interval."},
		MemoryUsedPeakBytes:  {Name: "memory_used_peak_bytes", Stored: "memory_used_peak_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "Highest MemTotal less MemAvailable of any look (5 s) in the interval."},
		SwapTotalBytes:       {Name: "swap_total_bytes", Stored: "swap_total_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "SwapTotal."},
		SwapUsedBytes:        {Name: "swap_used_bytes", Stored: "swap_used_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "SwapTotal less SwapFree at the end of the interval."},
		Load1:                {Name: "load1", Stored: "load1_centi", Scale: centi, Bits: Int32, Missing: -1, Unit: "processes", Help: "Load average over one minute at the end of the interval."},
		Load5:                {Name: "load5", Stored: "load5_centi", Scale: centi, Bits: Int32, Missing: -1, Unit: "processes", Help: "Load average over five minutes at the end of the interval."},
		NetworkReceiveBytes:  {Name: "network_receive_bytes", Stored: "network_receive_bytes_stored", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Help: "Bytes received in the interval by all interfaces but loopback, our own included."},
		NetworkTransmitBytes: {Name: "network_transmit_bytes", Stored: "network_transmit_bytes_stored", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Help: "Bytes sent in the interval by all interfaces but loopback, our own included."},
		AgentTrafficBytes:    {Name: "agent_traffic_bytes", Stored: "agent_traffic_bytes_stored", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Help: "Bytes sent plus received by the agent's own connections in the interval, so that idle rules are not broken by reporting."},
		DiskReadBytes:        {Name: "disk_read_bytes", Stored: "disk_read_bytes_stored", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Help: "Bytes read in the interval from all whole disks."},
		DiskWriteBytes:       {Name: "disk_write_bytes", Stored: "disk_write_bytes_stored", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Help: "Bytes written in the interval to all whole disks."},
		StorageSizeBytes:     {Name: "storage_size_bytes", Stored: "storage_size_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "Size of all local file systems, each device once."},
		StorageUsedBytes:     {Name: "storage_used_bytes", Stored: "storage_used_mib", Scale: mib, Bits: Int32, Missing: -1, Unit: "bytes", Help: "Used space of all local file systems, each device once."},
		BootTimeSeconds:      {Name: "boot_time_seconds", Stored: "boot_time_seconds_stored", Scale: 1, Bits: Int64, Missing: -1, Unit: "s since 1970", Help: "Time of the last boot."},
		ClockOffsetSeconds:   {Name: "clock_offset_seconds", Stored: "clock_offset_milliseconds", Scale: milli, Bits: Int32, Missing: math.MinInt32, Unit: "s", Help: "Host clock less collector clock, from the last answer; missing until there was one."},
		ProbeFailures:        {Name: "probe_failures", Stored: "probe_failures_stored", Scale: 1, Bits: Int16, Missing: -1, Unit: "probes", Help: "Probes that could not read their source in the interval."},
	}
}

// Devices are the metrics with one label; they go to table usage_device.
func Devices() []Metric {
	return []Metric{
		{Name: "filesystem_size_bytes", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes", Label: LabelMountpoint, Help: "Size of the file system."},
		{Name: "filesystem_used_bytes", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes", Label: LabelMountpoint, Help: "Used space: size less free, as df prints it."},
		{Name: "filesystem_available_bytes", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes", Label: LabelMountpoint, Help: "Space left for users without privileges."},
		{Name: "filesystem_inodes", Scale: 1, Bits: Int64, Missing: -1, Unit: "inodes", Label: LabelMountpoint, Help: "Inodes of the file system."},
		{Name: "filesystem_inodes_used", Scale: 1, Bits: Int64, Missing: -1, Unit: "inodes", Label: LabelMountpoint, Help: "Used inodes of the file system."},
		{Name: "device_read_bytes", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Label: LabelDevice, Help: "Bytes read from the disk in the interval."},
		{Name: "device_write_bytes", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Label: LabelDevice, Help: "Bytes written to the disk in the interval."},
		{Name: "device_read_operations", Scale: 1, Bits: Int64, Missing: -1, Unit: "operations per interval", Label: LabelDevice, Help: "Reads completed by the disk in the interval."},
		{Name: "device_write_operations", Scale: 1, Bits: Int64, Missing: -1, Unit: "operations per interval", Label: LabelDevice, Help: "Writes completed by the disk in the interval."},
		{Name: "interface_receive_bytes", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Label: LabelDevice, Help: "Bytes received by the network interface in the interval."},
		{Name: "interface_transmit_bytes", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per interval", Label: LabelDevice, Help: "Bytes sent by the network interface in the interval."},
		{Name: "log_oldest_record_age_seconds", Scale: 1, Bits: Int64, Missing: -1, Unit: "s", Label: LabelLogSource, Help: "Age of the oldest record of a log source, sent after every pass over the logs."},
		{Name: "log_guaranteed_seconds", Scale: 1, Bits: Int64, Missing: -1, Unit: "s", Label: LabelLogSource, Help: "Time for which the policies of a log source surely keep a record; 100 years where nothing removes any."},
		{Name: "log_bytes_per_day", Scale: 1, Bits: Int64, Missing: -1, Unit: "bytes per day", Label: LabelLogSource, Help: "Median of what is added to a log source in a day, before compression."},
	}
}

// Table looks metrics up by their full name. The zero value is empty; NewTable fills it.
type Table struct {
	totals  map[string]int
	devices map[string]Metric
	metrics [RowWidth]Metric
}

// NewTable builds the lookup of all canonical metrics.
func NewTable() *Table {
	t := &Table{totals: make(map[string]int, RowWidth), devices: map[string]Metric{}, metrics: Totals()}
	for i, m := range t.metrics {
		t.totals[m.FullName()] = i
	}
	for _, m := range Devices() {
		t.devices[m.FullName()] = m
	}
	return t
}

// Total returns the position in Totals of the metric with the given full name.
func (t *Table) Total(name []byte) (position int, ok bool) {
	position, ok = t.totals[string(name)]
	return position, ok
}

// Device returns the labelled metric with the given full name.
func (t *Table) Device(name []byte) (Metric, bool) {
	m, ok := t.devices[string(name)]
	return m, ok
}

// Metric returns the host total at a position of Totals.
func (t *Table) Metric(position int) Metric { return t.metrics[position] }

// NaturalSQL is the ClickHouse expression of the metric in natural units,
// NULL where the value is missing. The column of that name is its ALIAS.
func (m Metric) NaturalSQL() string {
	expr := m.Stored
	switch m.Scale {
	case 1:
	case mib:
		expr = "toInt64(" + m.Stored + ") * 1048576"
	default:
		expr = fmt.Sprintf("%s / %g", m.Stored, m.Scale)
	}
	return fmt.Sprintf("if(%s = %d, NULL, %s)", m.Stored, m.Missing, expr)
}

// Aliased reports whether the natural-unit column differs from the stored one.
func (m Metric) Aliased() bool { return m.Stored != "" && m.Stored != m.Name }

// ValidName reports whether s is a Prometheus metric or label name.
func ValidName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && r != ':' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0 && (s[0] < '0' || s[0] > '9')
}
