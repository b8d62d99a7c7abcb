package text

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Codec is how a file is compressed.
type Codec string

// The codecs that Open knows.
const (
	Plain Codec = "plain"
	Gzip  Codec = "gzip"
	XZ    Codec = "xz"
	Bzip2 Codec = "bzip2"
	Zstd  Codec = "zstd"
)

// dictionaryMax bounds the memory that an archive may demand; it is what xz -9 takes.
const dictionaryMax = 64 << 20

// ErrDictionary means that an archive demands more than 64 MiB of memory.
var ErrDictionary = errors.New("archive demands a dictionary of more than 64 MiB")

// Sniff tells the codec by the first bytes of a file, of which six suffice.
func Sniff(start []byte) Codec {
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b, 8}):
		return Gzip
	case bytes.HasPrefix(start, []byte(xzMagic)):
		return XZ
	case bytes.HasPrefix(start, []byte("BZh")) && len(start) > 3 && start[3] >= '1' && start[3] <= '9':
		return Bzip2
	case bytes.HasPrefix(start, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return Zstd
	case len(start) >= 4 && start[0]&0xf0 == 0x50 && bytes.Equal(start[1:4], []byte{0x2a, 0x4d, 0x18}):
		return Zstd // it begins with a frame to be skipped, as those of pzstd do
	}
	return Plain
}

// Open gives the plain bytes of a file, whose compression it recognises by its first
// bytes and never by its name. Close frees memory and does not close r.
//
// An archive that was cut off gives what can be read of it and then an error that wraps
// io.ErrUnexpectedEOF; of bzip2 these are whole blocks of at most 900 kB, of xz whole
// dictionaries, 8 MiB by default. One that demands too much memory gives ErrDictionary.
func Open(r io.Reader) (io.ReadCloser, Codec, error) {
	buffered := bufio.NewReaderSize(r, 16<<10) // thousands of files are opened in a row
	start, err := buffered.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", fmt.Errorf("open log: %w", err)
	}
	codec := Sniff(start)
	opened := &decompressor{codec: codec}
	switch codec {
	case Plain:
		return io.NopCloser(buffered), codec, nil
	case Gzip:
		packed, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, codec, opened.wrap(err)
		}
		opened.plain, opened.end = packed, packed.Close
	case XZ:
		opened.plain = &xzReader{packed: buffered}
	case Bzip2:
		opened.plain = bzip2.NewReader(buffered)
	case Zstd:
		packed, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(dictionaryMax), zstd.WithDecoderMaxMemory(2*dictionaryMax))
		if err != nil {
			return nil, codec, opened.wrap(err)
		}
		opened.plain = packed
		opened.end = func() error {
			packed.Close()
			return nil
		}
	}
	return opened, codec, nil
}

// decompressor says in its errors what it was reading.
type decompressor struct {
	codec Codec
	plain io.Reader
	end   func() error
}

// Read implements io.Reader.
func (d *decompressor) Read(p []byte) (int, error) {
	n, err := d.plain.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // a wrapped EOF would be an end too early
		err = d.wrap(err)
	}
	return n, err
}

func (d *decompressor) wrap(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = ErrDictionary
	}
	return fmt.Errorf("read %s: %w", d.codec, err)
}

// Close implements io.Closer.
func (d *decompressor) Close() error {
	if d.end == nil {
		return nil
	}
	if err := d.end(); err != nil {
		return d.wrap(err)
	}
	return nil
}
