package engine

import "encoding/binary"

// Revisions of ClickHouse's protocol from which Native blocks carry more than plain columns.
const (
	revisionBlockInfo     = 1     // any revision but 0: a block begins with BlockInfo
	revisionSerialization = 54454 // each column says whether its serialization is a custom one
)

// column is the name and type of one column.
type column struct{ name, kind string }

// block writes the head of a Native block and, for each column, its name and type
// and what values gives for it. It is the only Native data this package makes
// itself; all else comes from the library.
func block(revision uint64, rows int, columns []column, values func(out []byte, i int) []byte) []byte {
	var out []byte
	if revision >= revisionBlockInfo {
		out = append(out, 1, 0)                         // field 1: is_overflows = false
		out = append(out, 2, 0xff, 0xff, 0xff, 0xff, 0) // field 2: bucket_num = -1, end
	}
	out = binary.AppendUvarint(out, uint64(len(columns)))
	out = binary.AppendUvarint(out, uint64(rows))
	for i, c := range columns {
		out = appendString(out, c.name)
		out = appendString(out, c.kind)
		if revision >= revisionSerialization {
			out = append(out, 0)
		}
		if values != nil {
			out = values(out, i)
		}
	}
	return out
}

// helloBlock answers the hello at the client's revision, and says revision 0: all
// that follows is then plain Native, which is what libchdb reads and writes.
func helloBlock(client uint64, display, version, zone string) []byte {
	columns := []column{{"displayName()", "String"}, {"version()", "String"}, {"revision()", "UInt32"}, {"timezone()", "String"}}
	texts := []string{display, version, "", zone}
	return block(client, 1, columns, func(out []byte, i int) []byte {
		if columns[i].kind == "UInt32" {
			return binary.LittleEndian.AppendUint32(out, 0)
		}
		return appendString(out, texts[i])
	})
}

func appendString(out []byte, s string) []byte {
	out = binary.AppendUvarint(out, uint64(len(s)))
	return append(out, s...)
}
