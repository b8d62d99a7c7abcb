package text

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// The .xz container (tukaani.org/xz/xz-file-format.txt) is read here rather than by the
// library, which would allocate whatever dictionary a block demands, up to 4 GiB.
const (
	xzMagic       = "\xfd7zXZ\x00"
	xzFooterMagic = "YZ"
	lzma2Filter   = 0x21
)

var errXZ = errors.New("damaged xz archive")

// xzReader gives the plain bytes of the streams of an .xz file.
type xzReader struct {
	packed *bufio.Reader
	count  counter // of bytes of the present block
	block  io.Reader
	check  hash.Hash // of the present block, nil if the stream has none
	width  int       // bytes of the check
	begun  bool      // within a stream
	any    bool      // a stream was read
	err    error
}

// Read implements io.Reader.
func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.block == nil {
			if x.err = x.next(); x.err != nil {
				break
			}
			if x.block == nil {
				continue
			}
		}
		n, err := x.block.Read(p)
		if x.check != nil {
			x.check.Write(p[:n])
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = x.endBlock()
			}
			x.err = err
		}
		if n > 0 || len(p) == 0 {
			return n, nil // the error comes with the next call
		}
	}
	return 0, x.err
}

// next reads what lies between two blocks: the start of a stream or of a block, or the
// end of a stream.
func (x *xzReader) next() error {
	if !x.begun {
		return x.startStream()
	}
	size, err := x.packed.ReadByte()
	if err != nil {
		return early(err)
	}
	if size == 0 {
		return x.endStream()
	}
	return x.startBlock(size)
}

func (x *xzReader) startStream() error {
	var header [12]byte
	for {
		if _, err := io.ReadFull(x.packed, header[:4]); err != nil {
			if x.any && errors.Is(err, io.EOF) {
				return io.EOF
			}
			return early(err)
		}
		if !x.any || binary.LittleEndian.Uint32(header[:4]) != 0 {
			break // not the padding behind a stream
		}
	}
	if _, err := io.ReadFull(x.packed, header[4:]); err != nil {
		return early(err)
	}
	if string(header[:6]) != xzMagic || header[6] != 0 || crc32.ChecksumIEEE(header[6:8]) != binary.LittleEndian.Uint32(header[8:]) {
		return fmt.Errorf("%w: start of stream", errXZ)
	}
	switch header[7] {
	case 0:
		x.check, x.width = nil, 0
	case 1:
		x.check, x.width = crc32.NewIEEE(), 4
	case 4:
		x.check, x.width = crc64.New(crc64.MakeTable(crc64.ECMA)), 8
	case 10:
		x.check, x.width = sha256.New(), 32
	default:
		return fmt.Errorf("%w: check %d is not known", errXZ, header[7])
	}
	x.begun, x.any = true, true
	return nil
}

func (x *xzReader) startBlock(size byte) error {
	header := make([]byte, (int(size)+1)*4)
	header[0] = size
	if _, err := io.ReadFull(x.packed, header[1:]); err != nil {
		return early(err)
	}
	body, sum := header[:len(header)-4], header[len(header)-4:]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(sum) {
		return fmt.Errorf("%w: start of block", errXZ)
	}
	flags, fields := body[1], body[2:]
	for _, bit := range []byte{0x40, 0x80} { // the sizes, which are not needed
		if flags&bit == 0 {
			continue
		}
		_, n := binary.Uvarint(fields)
		if n <= 0 {
			return fmt.Errorf("%w: sizes of block", errXZ)
		}
		fields = fields[n:]
	}
	if flags&0x3f != 0 || len(fields) < 3 || fields[0] != lzma2Filter || fields[1] != 1 {
		return fmt.Errorf("%w: a filter other than LZMA2", errXZ)
	}
	dictionary, err := dictionarySize(fields[2])
	if err != nil {
		return err
	}
	x.count = counter{from: x.packed}
	x.block, err = lzma.Reader2Config{DictCap: dictionary}.NewReader2(&x.count)
	if err != nil {
		return early(err)
	}
	if x.check != nil {
		x.check.Reset()
	}
	return nil
}

// dictionarySize decodes the properties of LZMA2 to bytes.
func dictionarySize(bits byte) (int, error) {
	if bits > 40 {
		return 0, fmt.Errorf("%w: size of dictionary", errXZ)
	}
	size := (2 | int64(bits&1)) << (bits/2 + 11)
	if bits == 40 || size > dictionaryMax {
		return 0, ErrDictionary
	}
	return int(size), nil
}

// endBlock reads the padding to a multiple of four bytes and compares the check.
func (x *xzReader) endBlock() error {
	x.block = nil
	var tail [3 + sha256.Size]byte
	padding := int(-x.count.bytes & 3)
	if _, err := io.ReadFull(x.packed, tail[:padding+x.width]); err != nil {
		return early(err)
	}
	if x.check == nil {
		return nil
	}
	sum, want := x.check.Sum(nil), tail[padding:padding+x.width]
	for i := range want {
		j := i
		if x.width < sha256.Size {
			j = x.width - 1 - i // the sums are stored with the low byte first
		}
		if want[i] != sum[j] {
			return fmt.Errorf("%w: check of block", errXZ)
		}
	}
	return nil
}

// endStream passes over the index, of which only the length matters here, and the footer.
func (x *xzReader) endStream() error {
	x.begun = false
	index := counter{from: x.packed, bytes: 1}
	records, err := binary.ReadUvarint(&index)
	if err != nil {
		return early(err)
	}
	for range records {
		for range 2 {
			if _, err := binary.ReadUvarint(&index); err != nil {
				return early(err)
			}
		}
	}
	var end [3 + 4 + 12]byte
	padding := int(-index.bytes & 3)
	if _, err := io.ReadFull(x.packed, end[:padding+16]); err != nil {
		return early(err)
	}
	if string(end[padding+14:padding+16]) != xzFooterMagic {
		return fmt.Errorf("%w: end of stream", errXZ)
	}
	return nil
}

// counter counts the bytes that it passes on; it reads no further than it is asked.
type counter struct {
	from  *bufio.Reader
	bytes int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.bytes += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader.
func (c *counter) ReadByte() (byte, error) {
	b, err := c.from.ReadByte()
	if err == nil {
		c.bytes++
	}
	return b, err
}

// early turns an end of the input into one that came too early.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
