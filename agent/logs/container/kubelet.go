package container

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Node is what the kubelet keeps of the containers of its node.
type Node struct {
	// MaxSize and MaxFiles are containerLogMaxSize in bytes and containerLogMaxFiles;
	// 10 MiB and 5 files with the live one unless set.
	MaxSize  Setting[int64]
	MaxFiles Setting[int]
	Logs     []Log
	Problems []Problem
}

const podsFolder = "var/log/pods"

// LoadNode reads the host with root fsys: the configuration of the kubelet where
// distributions keep it, its flags, which win, and the folders of the pods. Without a
// folder of pods the result is empty.
func LoadNode(fsys fs.FS) Node {
	n := Node{MaxSize: Setting[int64]{Value: 10 << 20}, MaxFiles: Setting[int]{Value: 5}}
	pods, err := fs.ReadDir(fsys, podsFolder)
	if err != nil {
		n.refuse(podsFolder, err)
		return n
	}
	flags := n.flagFiles(fsys)
	n.configuration(fsys, flags)
	for _, file := range flags {
		n.flags(file.name, file.text)
	}
	for _, pod := range sortedDirs(pods) {
		folder := path.Join(podsFolder, pod)
		entries, err := fs.ReadDir(fsys, folder)
		n.refuse(folder, err)
		for _, name := range sortedDirs(entries) {
			if len(n.Logs) >= maxContainers {
				n.Problems = append(n.Problems, Problem{Origin{File: podsFolder}, ErrMany})
				return n
			}
			base := "/" + escape(path.Join(folder, name))
			n.Logs = append(n.Logs, Log{
				Container: path.Join(pod, name), Driver: "cri",
				Pattern: base + "/*.log", Archives: base + "/*.log.*",
				Created: oldest(fsys, path.Join(folder, name)),
				MaxSize: n.MaxSize.Value, MaxFile: n.MaxFiles.Value, Origin: n.origin(),
			})
		}
	}
	return n
}

// origin is the line of the count of files, or else of their size.
func (n *Node) origin() Origin {
	if n.MaxFiles.IsSet() {
		return n.MaxFiles.Origin
	}
	return n.MaxSize.Origin
}

func (n *Node) refuse(name string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.Problems = append(n.Problems, Problem{Origin{File: name}, err})
	}
}

type flagFile struct{ name, text string }

// flagFiles are the places in which the command line of the kubelet is written.
func (n *Node) flagFiles(fsys fs.FS) []flagFile {
	var files []flagFile
	names := []string{
		"usr/lib/systemd/system/kubelet.service", "lib/systemd/system/kubelet.service", "etc/systemd/system/kubelet.service",
		"etc/kubernetes/kubelet", "etc/default/kubelet", "etc/sysconfig/kubelet", "etc/kubernetes/kubelet.env", "var/lib/kubelet/kubeadm-flags.env",
	}
	for _, dir := range []string{"usr/lib/systemd/system/kubelet.service.d", "etc/systemd/system/kubelet.service.d"} {
		entries, err := fs.ReadDir(fsys, dir)
		n.refuse(dir, err)
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".conf") {
				names = append(names, path.Join(dir, entry.Name()))
			}
		}
	}
	for _, name := range names {
		text, err := read(fsys, name)
		n.refuse(name, err)
		if err == nil {
			files = append(files, flagFile{name, string(text)})
		}
	}
	return files
}

// configuration reads the files that the flags name, or else those of kubeadm and of
// other ways to install a node; the last one wins.
func (n *Node) configuration(fsys fs.FS, flags []flagFile) {
	names := []string{
		"var/lib/kubelet/config.yaml", "etc/kubernetes/kubelet-config.yaml", "etc/kubernetes/kubelet/config.json",
		"etc/kubernetes/kubelet/kubelet-config.json", "home/kubernetes/kubelet-config.yaml", "opt/kubernetes/cfg/kubelet-config.yml",
	}
	named := regexp.MustCompile(`--config[= ]"?(/[A-Za-z0-9._/-]+)`)
	for _, file := range flags {
		for line := range strings.Lines(file.text) {
			if m := named.FindStringSubmatch(line); m != nil && !strings.HasPrefix(strings.TrimSpace(line), "#") {
				name := path.Clean(m[1])[1:]
				names = append(slices.DeleteFunc(names, func(other string) bool { return other == name }), name)
			}
		}
	}
	for _, dir := range []string{"etc/kubernetes/kubelet.conf.d", "var/lib/rancher/k3s/agent/etc/kubelet.conf.d"} {
		entries, err := fs.ReadDir(fsys, dir)
		n.refuse(dir, err)
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".conf") {
				names = append(names, path.Join(dir, entry.Name()))
			}
		}
	}
	for _, name := range names {
		text, err := read(fsys, name)
		if err != nil {
			n.refuse(name, err)
			continue
		}
		n.document(name, text)
	}
}

// document takes the two settings out of a KubeletConfiguration, in YAML or JSON.
func (n *Node) document(name string, text []byte) {
	var doc struct {
		Size  yaml.Node `yaml:"containerLogMaxSize"`
		Files yaml.Node `yaml:"containerLogMaxFiles"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		n.refuse(name, ErrSyntax)
		return
	}
	if doc.Size.Value != "" {
		n.size(doc.Size.Value, Origin{name, doc.Size.Line})
	}
	if doc.Files.Value != "" {
		n.files(doc.Files.Value, Origin{name, doc.Files.Line})
	}
}

func (n *Node) flags(name, text string) {
	flag := regexp.MustCompile(`--container-log-max-(size|files)[= ]"?([0-9A-Za-z.]+)`)
	number := 0
	for line := range strings.Lines(text) {
		number++
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, m := range flag.FindAllStringSubmatch(line, 8) {
			if m[1] == "size" {
				n.size(m[2], Origin{name, number})
			} else {
				n.files(m[2], Origin{name, number})
			}
		}
	}
}

func (n *Node) size(text string, at Origin) {
	bytes, ok := Size(text)
	// Quantities of Kubernetes have decimal units without an i.
	for i, unit := range []string{"k", "M", "G"} {
		if digits, decimal := strings.CutSuffix(text, unit); decimal {
			var number int64
			number, err := strconv.ParseInt(digits, 10, 32)
			ok = err == nil
			for bytes = number; i >= 0; i-- {
				bytes *= 1000
			}
			break
		}
	}
	if !ok || bytes <= 0 {
		n.Problems = append(n.Problems, Problem{at, ErrSize})
		return
	}
	n.MaxSize = Setting[int64]{bytes, at}
}

func (n *Node) files(text string, at Origin) {
	count, err := strconv.Atoi(text)
	if err != nil || count < 2 {
		n.Problems = append(n.Problems, Problem{at, ErrSize})
		return
	}
	n.MaxFiles = Setting[int]{count, at}
}
