package journald

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// truth opens the folder of real logs.
func truth(t *testing.T) fs.FS {
	t.Helper()
	dir := os.Getenv("YUNJIAN_LOG_TRUTH")
	if dir == "" {
		shared := os.Getenv("YUNJIAN_SHARED")
		if shared == "" {
			shared = "../../../../shared"
		}
		dir = filepath.Join(shared, "data", "logs")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real logs are not here: %v; set YUNJIAN_SHARED", err)
		}
		t.Skipf("the real logs are not here: %v", err)
	}
	return os.DirFS(dir)
}

func plain(t *testing.T, fsys fs.FS, name string) []byte {
	t.Helper()
	packed, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func untar(t *testing.T, data []byte) fstest.MapFS {
	t.Helper()
	files := make(fstest.MapFS)
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[path.Clean(header.Name)] = &fstest.MapFile{Data: body, ModTime: header.ModTime}
	}
}

// facts are the header values in the form of the truth file.
type facts struct {
	State      string `json:"state"`
	FileID     string `json:"file_id"`
	MachineID  string `json:"machine_id"`
	SeqnumID   string `json:"seqnum_id"`
	HeaderSize uint64 `json:"header_size"`
	HeadSeq    uint64 `json:"head_seq"`
	TailSeq    uint64 `json:"tail_seq"`
	HeadTime   uint64 `json:"head_realtime_us"`
	TailTime   uint64 `json:"tail_realtime_us"`
	Entries    uint64 `json:"n_entries"`
	Incompat   string `json:"incompat"`
}

func factsOf(h Header) facts {
	return facts{
		h.State.String(), h.FileID.String(), h.MachineID.String(), h.SeqnumID.String(), h.HeaderSize,
		h.HeadSeqnum, h.TailSeqnum, h.HeadRealtime, h.TailRealtime, h.Entries, h.Incompatible.String(),
	}
}

func TestTruthHeaders(t *testing.T) {
	logs := truth(t)
	text, err := fs.ReadFile(logs, "truth_journal_headers.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]facts
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatal("no header to compare with")
	}
	for name, want := range want {
		data := plain(t, logs, name)
		header, err := ReadHeader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, factsOf(header)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// line finds the value of a line that journalctl --header prints.
func line(page []byte, label string) string {
	m := regexp.MustCompile(`(?mi)^` + regexp.QuoteMeta(label) + `: *(.*?) *$`).FindSubmatch(page)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// TestJournalctl compares the header with what the real journalctl prints, on
// every real and corrupted journal that it accepts.
func TestJournalctl(t *testing.T) {
	journalctl, err := exec.LookPath("journalctl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("install the package systemd: journalctl is missing")
		}
		t.Skip("journalctl is not installed")
	}
	logs := truth(t)
	files := untar(t, plain(t, logs, "journal/afl-corrupted-journals.tar.zst"))
	maps.Copy(files, untar(t, plain(t, logs, "journald-run/journald252-10003-entries.tar.zst")))
	dir := t.TempDir()
	accepted, readable, i := 0, 0, 0
	for name, file := range files {
		// The fuzzer's names are no journal names.
		copied := filepath.Join(dir, strconv.Itoa(i)+".journal")
		i++
		if err := os.WriteFile(copied, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		header, err := ReadHeader(bytes.NewReader(file.Data), int64(len(file.Data)))
		if err == nil {
			readable++
		}
		page, runErr := exec.CommandContext(t.Context(), journalctl, "--header", "--utc", "--file="+copied).Output()
		if runErr != nil || line(page, "File ID") == "" {
			continue
		}
		accepted++
		if err != nil {
			t.Errorf("%s: journalctl accepts it: %v", name, err)
			continue
		}
		_, micros, _ := strings.Cut(line(page, "Head realtime timestamp"), "(")
		got := []string{
			header.FileID.String(), header.MachineID.String(), header.BootID.String(), header.SeqnumID.String(), header.State.String(),
			strconv.FormatUint(header.HeadSeqnum, 10), strconv.FormatUint(header.TailSeqnum, 10), strconv.FormatUint(header.HeaderSize, 10),
			strconv.FormatUint(header.Objects, 10), strconv.FormatUint(header.HeadRealtime, 16), header.Incompatible.String(), strconv.FormatBool(header.Compatible&1 != 0),
		}
		number := func(label string) string { word, _, _ := strings.Cut(line(page, label), " "); return word }
		state := line(page, "State")
		if state == "UNKNOWN" {
			state = header.State.String()
		}
		want := []string{
			line(page, "File ID"), line(page, "Machine ID"), line(page, "Boot ID"), line(page, "Sequential number ID"), state,
			number("Head sequential number"), number("Tail sequential number"), line(page, "Header size"),
			line(page, "Objects"), strings.TrimSuffix(micros, ")"), line(page, "Incompatible flags"),
			// What else it names depends on its version.
			strconv.FormatBool(strings.Contains(line(page, "Compatible flags"), "SEALED")),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if accepted == 0 {
		t.Fatal("journalctl accepted nothing")
	}
	t.Logf("%d journals, %d accepted by journalctl, %d read here", len(files), accepted, readable)
}
