package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
)

// ErrCorrupt means that a file of ours is damaged in its middle, which no crash does.
var ErrCorrupt = errors.New("damaged")

// A line is the CRC-32 (Castagnoli) of the JSON text as eight hex digits, a blank,
// the JSON text, and a newline.
const sumDigits = 8

func appendLine(to []byte, value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode line: %w", err)
	}
	var sum [4]byte
	crc := crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli))
	sum[0], sum[1], sum[2], sum[3] = byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc)
	to = hex.AppendEncode(to, sum[:])
	to = append(to, ' ')
	to = append(to, text...)
	return append(to, '\n'), nil
}

// parseLine returns the JSON text of a line without its newline.
func parseLine(line []byte) (text []byte, ok bool) {
	if len(line) <= sumDigits || line[sumDigits] != ' ' {
		return nil, false
	}
	var sum [4]byte
	if _, err := hex.Decode(sum[:], line[:sumDigits]); err != nil {
		return nil, false
	}
	text = line[sumDigits+1:]
	want := uint32(sum[0])<<24 | uint32(sum[1])<<16 | uint32(sum[2])<<8 | uint32(sum[3])
	return text, crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli)) == want
}

// lines calls each for every whole line of data and returns the length of the part
// that is whole. A bad line is an error unless nothing follows it.
func lines(name string, data []byte, each func(text []byte) error) (whole int, err error) {
	for number := 1; whole < len(data); number++ {
		end := bytes.IndexByte(data[whole:], '\n')
		if end < 0 {
			return whole, nil // the end of a write that was cut off
		}
		text, ok := parseLine(data[whole : whole+end])
		if !ok {
			if whole+end+1 == len(data) {
				return whole, nil
			}
			return whole, fmt.Errorf("%s line %d: %w; keep the file as evidence and move the folder away, the agent then begins a new memory", name, number, ErrCorrupt)
		}
		if err := each(text); err != nil {
			return whole, fmt.Errorf("%s line %d: %w", name, number, err)
		}
		whole += end + 1
	}
	return whole, nil
}

// openAppend opens a file to be appended to behind its whole part.
func openAppend(name string, whole int64) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(whole); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := f.Seek(whole, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(name string) (err error) {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() {
		if e := dir.Close(); err == nil {
			err = e
		}
	}()
	return dir.Sync()
}
