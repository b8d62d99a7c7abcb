package collector

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

// ErrNoTypeface is returned where no font with Chinese is found.
var ErrNoTypeface = errors.New("no TrueType font with Chinese")

// Typefaces letter the reports: Body the text, Script second headings.
type Typefaces struct{ Body, Script *typeface.Face }

// fontDirs are where systems keep fonts.
func fontDirs() []string { return []string{"/usr/share/fonts", "/usr/local/share/fonts"} }

// Files of fonts by name, in the order in which they are taken.
func bodyFiles() []string {
	return []string{"uming.ttc", "simsun.ttc", "simfang.ttf", "lxgwwenkai-regular.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc", "ukai.ttc", "simkai.ttf"}
}

func scriptFiles() []string { return []string{"ukai.ttc", "simkai.ttf", "lxgwwenkai-regular.ttf"} }

// sample are characters that a font for reports must have.
const sample = "\u653f\u52a1\u4e91\u9274"

// FindTypefaces reads the fonts from a folder, or where it is empty from those of
// the system. Known files are taken first; in a folder that was given, any TrueType
// font with Chinese will do.
func FindTypefaces(dir string) (Typefaces, error) {
	dirs := fontDirs()
	if dir != "" {
		dirs = []string{dir}
	}
	files := map[string]string{} // lower-case name to path
	var others []string
	for _, d := range dirs {
		err := filepath.WalkDir(d, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				if dir == "" { // a system without this folder
					return fs.SkipDir
				}
				return err
			}
			name := strings.ToLower(e.Name())
			if ext := filepath.Ext(name); e.IsDir() || ext != ".ttf" && ext != ".ttc" {
				return nil
			}
			if _, ok := files[name]; !ok {
				files[name] = path
				others = append(others, name)
			}
			return nil
		})
		if err != nil {
			return Typefaces{}, fmt.Errorf("look for fonts: %w", err)
		}
	}
	slices.Sort(others)
	bodies := bodyFiles()
	if dir != "" {
		bodies = append(bodies, others...)
	}
	var out Typefaces
	out.Body = firstFace(files, bodies)
	if out.Body == nil {
		where := strings.Join(dirs, ", ")
		return out, fmt.Errorf("%w in %s: install the Debian packages fonts-arphic-uming and fonts-arphic-ukai, or set fonts_dir to a folder that has one", ErrNoTypeface, where)
	}
	out.Script = firstFace(files, scriptFiles())
	return out, nil
}

// firstFace is the first font that can be read and has Chinese; of a collection,
// the face for the mainland.
func firstFace(files map[string]string, names []string) *typeface.Face {
	for _, name := range names {
		path, ok := files[name]
		if !ok {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		face, err := typeface.Parse(data, "CN")
		if err != nil {
			continue
		}
		if !strings.ContainsFunc(sample, func(r rune) bool { return !face.Has(r) }) {
			return face
		}
	}
	return nil
}
