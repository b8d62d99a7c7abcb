package store

import (
	"context"
	"fmt"
	"strings"
)

// SchemaDoc describes every table and view of the database in Markdown; it is
// how docs/schema.md is made.
func (s *Store) SchemaDoc(ctx context.Context) (string, error) {
	var b strings.Builder
	b.WriteString("# Tables\n\nMade from the database by `make docs`; the comments are those of the columns. Times are Asia/Shanghai. " +
		"A column marked *alias* is computed from its stored form and is NULL where the value is missing: use these in questions of your own, " +
		"and `FINAL` after the table name where repeated rows matter.\n")
	last := ""
	err := s.Each(ctx, query("schema"), nil, func(scan func(...any) error) error {
		var table, kind, comment, sorting, partition, ttl, name, columnType, expression, codec, columnComment string
		if err := scan(&table, &kind, &comment, &sorting, &partition, &ttl, &name, &columnType, &expression, &codec, &columnComment); err != nil {
			return err
		}
		if table != last {
			last = table
			fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", table, strings.TrimSpace(comment))
			fmt.Fprintf(&b, "Engine `%s`", kind)
			for _, part := range [][2]string{{"sorted by", sorting}, {"partitioned by", partition}, {"kept until", ttl}} {
				if part[1] != "" {
					fmt.Fprintf(&b, ", %s `%s`", part[0], part[1])
				}
			}
			b.WriteString(".\n\n| column | type | codec | meaning |\n|---|---|---|---|\n")
		}
		if expression != "" {
			columnComment = "*alias* " + columnComment
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, columnType, strings.TrimSuffix(strings.TrimPrefix(codec, "CODEC("), ")"), strings.ReplaceAll(columnComment, "|", "\\|"))
		return nil
	})
	return b.String(), err
}
