package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Each runs a question with {name:Type} parameters and calls row for every row
// of the answer; row scans it. Values may be strings, integers, times and slices
// of strings or integers.
func (s *Store) Each(ctx context.Context, text string, values map[string]any, row func(scan func(...any) error) error) error {
	bound := make(map[string]string, len(values))
	for name, v := range values {
		bound[name] = literal(v)
	}
	rows, err := s.conn.Query(parameters(ctx, bound), text)
	if err != nil {
		return fmt.Errorf("ask ClickHouse: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// Exec runs a statement without an answer.
func (s *Store) Exec(ctx context.Context, text string) error {
	if err := s.conn.Exec(ctx, text); err != nil {
		return fmt.Errorf("run statement: %w", err)
	}
	return nil
}

// literal prints a value as ClickHouse reads a query parameter.
func literal(v any) string {
	switch v := v.(type) {
	case time.Time:
		return seconds(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
		}
		return "[" + strings.Join(quoted, ",") + "]"
	case []uint64:
		return strings.ReplaceAll(fmt.Sprint(v), " ", ",")
	}
	return fmt.Sprint(v)
}
