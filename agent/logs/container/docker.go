// Package container reads which logs the containers of a host write to its disk, and
// what removes them: docker's containers by their own options, and those of a
// Kubernetes node by the configuration of the kubelet.
//
// Of a container only hostconfig.json is read, which has its log driver. Never read
// are config.v2.json, whose environment holds secrets, and docker.sock, which is as
// good as root. Of the options of a driver only sizes and addresses are looked at.
package container

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What is read at most of one host; beyond it there are Problems.
const (
	maxConfig     = 1 << 20 // bytes of one file
	maxContainers = 2000
)

// Origin is where something is configured, so that a remedy can name the line.
type Origin struct {
	File string // name in the fs.FS; empty for a built-in default
	Line int    // from 1; 0 for the whole file
}

// Setting is a value and where it comes from.
type Setting[T any] struct {
	Value  T
	Origin Origin
}

// IsSet reports whether a file sets the value.
func (s Setting[T]) IsSet() bool { return s.Origin.File != "" }

// Problem is a line, or with Line 0 a file, that does not count. Its text quotes no
// value.
type Problem struct {
	Origin
	Err error // wraps fs.ErrPermission when rights are missing
}

// Error states file, line and reason.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %v", p.File, p.Err)
	}
	return fmt.Sprintf("%s:%d: %v", p.File, p.Line, p.Err)
}

// Unwrap gives the reason.
func (p Problem) Unwrap() error { return p.Err }

// The kinds of problems.
var (
	ErrSyntax = errors.New("the file is not understood")
	ErrSize   = errors.New("the size or number of log files is not understood")
	ErrMany   = errors.New("there are more containers than are looked at")
	ErrNoLog  = errors.New("the log driver of the container keeps nothing")
	errLarge  = errors.New("the file is too large for a configuration file")
	errKind   = errors.New("it is not a regular file")
)

// Log is the log of one container.
type Log struct {
	// Container is the id, or pod and container in Kubernetes.
	Container string
	// Driver is the log driver, such as json-file; cri for a Kubernetes node.
	Driver string
	// Pattern is an absolute pattern of path.Match for the live files; empty where the
	// driver writes no file.
	Pattern string
	// Archives is the pattern of the rotated ones.
	Archives string
	// Created is the time of the oldest file of the container; it is no earlier than
	// the container itself. Zero if it is not known.
	Created time.Time
	// MaxSize is the size in bytes at which a file is rotated, 0 for never; MaxFile the
	// number of files with the live one.
	MaxSize int64
	MaxFile int
	// Target is the host:port to which the driver sends instead of to a file.
	Target string
	Origin Origin
}

// Docker is what dockerd keeps of its containers.
type Docker struct {
	// Root is the data directory as an absolute path, /var/lib/docker unless set.
	Root     Setting[string]
	Driver   Setting[string] // of new containers; json-file unless set
	Logs     []Log
	Problems []Problem
}

// LoadDocker reads the host with root fsys. Without docker the result has no logs
// and no problems. Containers keep the options with which they were made, whatever
// daemon.json says today.
func LoadDocker(fsys fs.FS) Docker {
	d := Docker{Root: Setting[string]{Value: "/var/lib/docker"}, Driver: Setting[string]{Value: "json-file"}}
	d.daemon(fsys)
	folder := path.Join(d.Root.Value[1:], "containers")
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		d.refuse(folder, err)
		return d
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if len(d.Logs) >= maxContainers {
			d.Problems = append(d.Problems, Problem{Origin{File: folder}, ErrMany})
			break
		}
		d.container(fsys, folder, entry.Name())
	}
	return d
}

func (d *Docker) refuse(name string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.Problems = append(d.Problems, Problem{Origin{File: name}, err})
	}
}

func (d *Docker) daemon(fsys fs.FS) {
	const name = "etc/docker/daemon.json"
	text, err := read(fsys, name)
	if err != nil {
		d.refuse(name, err)
		return
	}
	var daemon struct {
		Root   string `json:"data-root"`
		Graph  string `json:"graph"` // its old name
		Driver string `json:"log-driver"`
	}
	if err := json.Unmarshal(text, &daemon); err != nil {
		d.refuse(name, ErrSyntax)
		return
	}
	if root := cmp.Or(daemon.Root, daemon.Graph); strings.HasPrefix(root, "/") && path.Clean(root) != "/" {
		d.Root = Setting[string]{path.Clean(root), Origin{File: name}}
	}
	if daemon.Driver != "" {
		d.Driver = Setting[string]{daemon.Driver, Origin{File: name}}
	}
}

func (d *Docker) container(fsys fs.FS, folder, id string) {
	name := path.Join(folder, id, "hostconfig.json")
	text, err := read(fsys, name)
	if err != nil {
		d.refuse(name, err)
		return
	}
	var host struct {
		LogConfig struct {
			Type   string            `json:"Type"`
			Config map[string]string `json:"Config"`
		} `json:"LogConfig"`
	}
	if err := json.Unmarshal(text, &host); err != nil {
		d.refuse(name, ErrSyntax)
		return
	}
	options := host.LogConfig.Config
	log := Log{
		Container: id, Driver: cmp.Or(host.LogConfig.Type, d.Driver.Value),
		Created: oldest(fsys, path.Join(folder, id)), Origin: Origin{File: name},
	}
	base := "/" + path.Join(folder, id)
	switch log.Driver {
	case "json-file":
		log.Pattern = path.Join(escape(base), escape(id)+"-json.log")
		log.Archives = log.Pattern + ".*"
		log.MaxFile = 1
	case "local":
		log.Pattern = path.Join(escape(base), "local-logs/container.log")
		log.Archives = log.Pattern + ".*"
		log.MaxSize, log.MaxFile = 20<<20, 5
	case "none":
		d.Problems = append(d.Problems, Problem{log.Origin, ErrNoLog})
		return
	case "syslog", "gelf", "fluentd", "splunk", "logentries":
		log.Target = target(cmp.Or(options["syslog-address"], options["gelf-address"], options["fluentd-address"], options["splunk-url"]))
	}
	if log.Pattern != "" {
		if err := log.limits(options["max-size"], options["max-file"]); err != nil {
			d.Problems = append(d.Problems, Problem{log.Origin, err})
		}
	}
	d.Logs = append(d.Logs, log)
}

func (l *Log) limits(size, files string) error {
	if size != "" && size != "-1" {
		n, ok := Size(size)
		if !ok {
			return ErrSize
		}
		l.MaxSize = n
	}
	if files != "" {
		n, err := strconv.Atoi(files)
		if err != nil || n < 1 {
			return ErrSize
		}
		l.MaxFile = n
	}
	return nil
}

// Size reads a size of docker, such as 10m or 1.5GB, or of Kubernetes, such as 10Mi,
// into bytes. As in docker, and unlike Kubernetes' own 10M, all units are powers of
// 1024, but for a capital letter alone.
func Size(text string) (bytes int64, ok bool) {
	m := regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([kKmMgGtTpP]?)(i?)([bB]?)$`).FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || m[2] == "" && m[3] != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, false
	}
	if m[2] != "" {
		for range strings.Index("kmgtp", strings.ToLower(m[2])) + 1 {
			number *= 1024
		}
	}
	if number > 1<<62 {
		return 0, false
	}
	return int64(number), true
}

// target is the host:port of an address such as tcp://host:514; empty for a local
// socket and for what is no address.
func target(address string) string {
	if address == "" {
		return ""
	}
	if !strings.Contains(address, "://") {
		address = "tcp://" + address
	}
	u, err := url.Parse(address)
	if err != nil || strings.HasPrefix(u.Scheme, "unix") {
		return ""
	}
	return u.Host
}

// oldest is the time of the oldest entry of a folder, and of the folder itself. A
// folder made together with a container, such as mounts, is never written again.
func oldest(fsys fs.FS, folder string) time.Time {
	var first time.Time
	older := func(info fs.FileInfo, err error) {
		if err == nil && !info.ModTime().IsZero() && (first.IsZero() || info.ModTime().Before(first)) {
			first = info.ModTime()
		}
	}
	older(fs.Stat(fsys, folder))
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return first
	}
	for _, entry := range entries[:min(len(entries), 100)] {
		older(entry.Info())
	}
	return first
}

// escape makes a name a pattern that matches it alone.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// read takes a whole file, if it is of a sensible kind and size.
func read(fsys fs.FS, name string) ([]byte, error) {
	// The kind is asked before opening, because opening a pipe would block.
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errKind
	}
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxConfig {
		return nil, errLarge
	}
	return text, nil
}

func sortedDirs(entries []fs.DirEntry) []string {
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names
}
