package query

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
)

// Bounds of what foreign text is logged, in bytes.
const (
	auditText  = 600
	auditAgent = 400
	auditItem  = 100
)

// agent is what Grafana's User-Agent tells: "grafana/12.2.0 … (user:x; dashboard:y; …)".
// Its items have names that vary with the data source's version, so they are found by
// what the name begins with.
func agent(header string) []any {
	var attrs []any
	_, comment, _ := strings.Cut(header, "(")
	comment, _, _ = strings.Cut(comment, ")")
	for _, want := range []string{"user", "dashboard", "panel", "rule"} {
		for item := range strings.SplitSeq(comment, ";") {
			key, value, ok := strings.Cut(strings.TrimSpace(item), ":")
			key = strings.NewReplacer("grafana", "", "-", "", "_", "", "x", "").Replace(strings.ToLower(key))
			if ok && strings.HasPrefix(key, want) && value != "" {
				attrs = append(attrs, slog.String("grafana_"+want, bounded(value, auditItem)))
				break
			}
		}
	}
	return append(attrs, slog.String("user_agent", bounded(header, auditAgent)))
}

// bounded cuts a foreign text.
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// digest names a statement in the log beyond what is written of it.
func digest(statement string) string {
	sum := sha256.Sum256([]byte(statement))
	return hex.EncodeToString(sum[:8])
}
