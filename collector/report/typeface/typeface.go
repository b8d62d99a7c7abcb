// Package typeface reads the faces of TrueType files and collections (.ttf, .ttc)
// for the renderers: whether a face has a glyph, and the face as a file of its own,
// as a PDF embeds it. It looks for no file; who calls it has read one.
package typeface

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/image/font/sfnt"
)

// Face is one face of a font file. It is not safe for concurrent use.
type Face struct {
	name   string
	font   *sfnt.Font
	file   []byte
	buffer sfnt.Buffer
}

// magic numbers of font files.
const (
	magicCollection = 0x74746366 // ttcf
	magicTrueType   = 0x00010000
	magicApple      = 0x74727565 // true
	maxFaces        = 64
)

var errCut = errors.New("read font: the file is cut off")

// Parse reads a TrueType file, or from a collection the first face whose full name
// ends in the given word, such as CN; without one, the first. Only outlines of the
// TrueType kind will do: those are what a PDF here can embed.
func Parse(file []byte, word string) (*Face, error) {
	if len(file) < 12 {
		return nil, errCut
	}
	if binary.BigEndian.Uint32(file) != magicCollection {
		return open(file)
	}
	count := binary.BigEndian.Uint32(file[8:])
	if count == 0 || count > maxFaces || len(file) < 12+4*int(count) {
		return nil, fmt.Errorf("read font: a collection of %d faces; want 1 to %d", count, maxFaces)
	}
	var first *Face
	for i := range int(count) {
		single, err := extract(file, binary.BigEndian.Uint32(file[12+4*i:]))
		if err != nil {
			return nil, fmt.Errorf("face %d: %w", i, err)
		}
		face, err := open(single)
		if err != nil {
			return nil, fmt.Errorf("face %d: %w", i, err)
		}
		if strings.HasSuffix(face.name, word) {
			return face, nil
		}
		if first == nil {
			first = face
		}
	}
	return first, nil
}

func open(file []byte) (*Face, error) {
	if kind := binary.BigEndian.Uint32(file); kind != magicTrueType && kind != magicApple {
		return nil, fmt.Errorf("read font: the outlines are not of the TrueType kind (it begins %#08x)", kind)
	}
	parsed, err := sfnt.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	f := &Face{font: parsed, file: file}
	if f.name, err = parsed.Name(&f.buffer, sfnt.NameIDFull); err != nil {
		return nil, fmt.Errorf("read name of font: %w", err)
	}
	return f, nil
}

// extract takes the tables of one face out of a collection, behind a directory of
// their own. It aligns them, which Debian's collections do not.
func extract(file []byte, offset uint32) ([]byte, error) {
	if uint64(offset)+12 > uint64(len(file)) {
		return nil, errCut
	}
	directory := file[offset:]
	count := int(binary.BigEndian.Uint16(directory[4:]))
	head, size := 12+16*count, uint64(0)
	if len(directory) < head {
		return nil, errCut
	}
	for i := range count {
		size += uint64(binary.BigEndian.Uint32(directory[12+16*i+12:])) + 3
	}
	if size > uint64(len(file))+uint64(3*count) {
		return nil, errCut
	}
	out := make([]byte, head, head+int(size))
	copy(out, directory)
	for i := range count {
		entry := out[12+16*i:]
		from, size := uint64(binary.BigEndian.Uint32(entry[8:])), uint64(binary.BigEndian.Uint32(entry[12:]))
		if from+size > uint64(len(file)) {
			return nil, fmt.Errorf("read font: table %q lies outside of the file", entry[:4])
		}
		binary.BigEndian.PutUint32(entry[8:], uint32(len(out)))
		out = append(out, file[from:from+size]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out, nil
}

// Name is the full name of the face, such as AR PL UMing CN.
func (f *Face) Name() string { return f.name }

// Font is the face for drawing.
func (f *Face) Font() *sfnt.Font { return f.font }

// TrueType is the face as a file of its own. It must not be changed.
func (f *Face) TrueType() []byte { return f.file }

// Has tells whether the face has a glyph for a character.
func (f *Face) Has(r rune) bool {
	glyph, err := f.font.GlyphIndex(&f.buffer, r)
	return err == nil && glyph != 0
}
