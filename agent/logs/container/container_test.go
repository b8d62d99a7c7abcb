package container

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(day int) time.Time { return time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC) }

func file(day int, text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(text), ModTime: at(day)}
}

func folder(day int) *fstest.MapFile {
	return &fstest.MapFile{Mode: fs.ModeDir | 0o755, ModTime: at(day)}
}

func texts(problems []Problem) (lines []string) {
	for _, problem := range problems {
		lines = append(lines, problem.Error())
	}
	return lines
}

func TestLoadDocker(t *testing.T) {
	const root = "data/docker/containers/"
	fsys := fstest.MapFS{
		"etc/docker/daemon.json":       file(1, `{"data-root": "/data/docker", "log-driver": "local", "log-opts": {"max-size": "1g"}}`),
		root + "aa":                    folder(9),
		root + "aa/hostconfig.json":    file(8, `{"Binds":["/etc"],"LogConfig":{"Type":"json-file","Config":{"max-size":"100m","max-file":"3"}},"NetworkMode":"x"}`),
		root + "aa/mounts":             folder(3),
		root + "aa/config.v2.json":     file(4, `not read`),
		root + "bb/hostconfig.json":    file(8, `{"LogConfig":{"Type":"json-file","Config":{}}}`),
		root + "cc/hostconfig.json":    file(8, `{"LogConfig":{"Type":"","Config":null}}`),
		root + "dd/hostconfig.json":    file(8, `{"LogConfig":{"Type":"none"}}`),
		root + "ee/hostconfig.json":    file(8, `{"LogConfig":{"Type":"fluentd","Config":{"fluentd-address":"tcp://user:secret@log:24224/x","splunk-token":"secret"}}}`),
		root + "ff/hostconfig.json":    file(8, `{"LogConfig"`),
		root + "gg/hostconfig.json":    file(8, `{"LogConfig":{"Type":"json-file","Config":{"max-size":"many"}}}`),
		root + "hh/hostconfig.json":    file(8, `{"LogConfig":{"Type":"journald"}}`),
		root + "ii/nothing-to-be-read": file(8, ""),
	}
	for _, name := range []string{"bb", "cc", "ee", "gg", "hh"} {
		fsys[root+name] = folder(8)
	}
	got := LoadDocker(fsys)
	origin := func(id string) Origin { return Origin{File: root + id + "/hostconfig.json"} }
	want := []Log{
		{"aa", "json-file", "/data/docker/containers/aa/aa-json.log", "/data/docker/containers/aa/aa-json.log.*", at(3), 100 << 20, 3, "", origin("aa")},
		{"bb", "json-file", "/data/docker/containers/bb/bb-json.log", "/data/docker/containers/bb/bb-json.log.*", at(8), 0, 1, "", origin("bb")},
		{"cc", "local", "/data/docker/containers/cc/local-logs/container.log", "/data/docker/containers/cc/local-logs/container.log.*", at(8), 20 << 20, 5, "", origin("cc")},
		{Container: "ee", Driver: "fluentd", Created: at(8), Target: "log:24224", Origin: origin("ee")},
		{"gg", "json-file", "/data/docker/containers/gg/gg-json.log", "/data/docker/containers/gg/gg-json.log.*", at(8), 0, 1, "", origin("gg")},
		{Container: "hh", Driver: "journald", Created: at(8), Origin: origin("hh")},
	}
	if diff := cmp.Diff(want, got.Logs); diff != "" {
		t.Errorf("logs (-want +got):\n%s", diff)
	}
	wantProblems := []string{
		root + "dd/hostconfig.json: " + ErrNoLog.Error(),
		root + "ff/hostconfig.json: " + ErrSyntax.Error(),
		root + "gg/hostconfig.json: " + ErrSize.Error(),
	}
	if diff := cmp.Diff(wantProblems, texts(got.Problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// guarded fails when a file is opened that holds secrets.
type guarded struct {
	fstest.MapFS
	t *testing.T
}

func (g guarded) Open(name string) (fs.File, error) {
	if name == "var/lib/docker/containers/aa/config.v2.json" {
		g.t.Errorf("%s was opened", name)
	}
	return g.MapFS.Open(name)
}

func TestSecretsStayUnread(t *testing.T) {
	fsys := fstest.MapFS{
		"var/lib/docker/containers/aa/config.v2.json":  file(1, `{}`),
		"var/lib/docker/containers/aa/hostconfig.json": file(1, `{"LogConfig":{"Type":"json-file"}}`),
	}
	if got := LoadDocker(guarded{fsys, t}); len(got.Logs) != 1 {
		t.Errorf("want one log, got %+v", got)
	}
}

func TestLoadNode(t *testing.T) {
	pod := "var/log/pods/default_web-1_0a1b/nginx"
	base := func(more map[string]string) fstest.MapFS {
		fsys := fstest.MapFS{
			pod + "/0.log":                 file(5, ""),
			pod + "/0.log.20260901-000000": file(4, ""),
			pod:                            folder(6),
		}
		for name, text := range more {
			fsys[name] = file(1, text)
		}
		return fsys
	}
	log := func(size int64, files int, origin Origin) []Log {
		return []Log{{"default_web-1_0a1b/nginx", "cri", "/" + pod + "/*.log", "/" + pod + "/*.log.*", at(4), size, files, "", origin}}
	}
	for _, test := range []struct {
		name     string
		fsys     fs.FS
		want     []Log
		problems []string
	}{
		{"no node", fstest.MapFS{}, nil, nil},
		{"defaults", base(nil), log(10<<20, 5, Origin{}), nil},
		{
			"kubeadm", base(map[string]string{"var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\ncontainerLogMaxSize: 50Mi\ncontainerLogMaxFiles: 9\n"}),
			log(50<<20, 9, Origin{"var/lib/kubelet/config.yaml", 3}), nil,
		},
		{
			"flags win", base(map[string]string{
				"var/lib/kubelet/config.yaml": "containerLogMaxSize: 50Mi\n",
				"etc/sysconfig/kubelet":       "#KUBELET_EXTRA_ARGS=--container-log-max-files=4\nKUBELET_EXTRA_ARGS=\"--container-log-max-size=1Gi --container-log-max-files 7\"\n",
			}),
			log(1<<30, 7, Origin{"etc/sysconfig/kubelet", 2}), nil,
		},
		{
			"a configuration elsewhere", base(map[string]string{
				"etc/systemd/system/kubelet.service.d/10.conf": "ExecStart=/usr/bin/kubelet --config=/srv/kubelet.json\n",
				"srv/kubelet.json": `{"containerLogMaxSize": "100M", "containerLogMaxFiles": 3}`,
			}),
			log(100_000_000, 3, Origin{"srv/kubelet.json", 1}), nil,
		},
		{
			"bad values", base(map[string]string{"var/lib/kubelet/config.yaml": "containerLogMaxSize: big\ncontainerLogMaxFiles: 1\n", "etc/kubernetes/kubelet-config.yaml": "a: [\n"}),
			log(10<<20, 5, Origin{}),
			[]string{
				"var/lib/kubelet/config.yaml:1: " + ErrSize.Error(),
				"var/lib/kubelet/config.yaml:2: " + ErrSize.Error(),
				"etc/kubernetes/kubelet-config.yaml: " + ErrSyntax.Error(),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := LoadNode(test.fsys)
			if diff := cmp.Diff(test.want, got.Logs); diff != "" {
				t.Errorf("logs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, texts(got.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{"10m": 10 << 20, "1g": 1 << 30, "100": 100, "1.5kB": 1536, "10Mi": 10 << 20, "2MiB": 2 << 20, "7b": 7} {
		if got, ok := Size(text); !ok || got != want {
			t.Errorf("%s: want %d, got %d, %v", text, want, got, ok)
		}
	}
	for _, text := range []string{"", "m", "-1", "10x", "1ib", "999999999999999p", "1e9"} {
		if got, ok := Size(text); ok {
			t.Errorf("%q: want an error, got %d", text, got)
		}
	}
}

func FuzzHostConfig(f *testing.F) {
	f.Add([]byte(`{"LogConfig":{"Type":"json-file","Config":{"max-size":"10m","max-file":"3"}}}`))
	f.Add([]byte(`{"LogConfig":{"Type":"gelf","Config":{"gelf-address":"udp://a:b@c:1/d"}}}`))
	f.Add([]byte(`[{`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := LoadDocker(fstest.MapFS{"var/lib/docker/containers/aa/hostconfig.json": {Data: text}})
		for _, log := range got.Logs {
			if log.MaxSize < 0 || log.MaxFile < 0 {
				t.Errorf("log %+v", log)
			}
		}
	})
}

func FuzzKubelet(f *testing.F) {
	f.Add([]byte("containerLogMaxSize: 10Mi\ncontainerLogMaxFiles: 5\n"))
	f.Add([]byte("KUBELET_EXTRA_ARGS=--container-log-max-size=1M\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := LoadNode(fstest.MapFS{
			"var/log/pods/p/c/0.log":      {},
			"var/lib/kubelet/config.yaml": {Data: text},
			"etc/default/kubelet":         {Data: text},
		})
		if got.MaxSize.Value <= 0 || got.MaxFiles.Value < 2 || len(got.Logs) != 1 {
			t.Errorf("node %+v", got)
		}
	})
}
