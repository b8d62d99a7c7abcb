package agent

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

func (c Config) level() (slog.Level, error) {
	var level slog.Level
	if c.LogLevel == "" {
		return level, nil
	}
	if err := level.UnmarshalText([]byte(strings.ToLower(c.LogLevel))); err != nil || strings.ContainsAny(c.LogLevel, "+-") {
		return level, fmt.Errorf("log_level %q: want debug, info, warn or error", c.LogLevel)
	}
	return level, nil
}

// Logger returns a logger of the configured level that writes key=value lines.
func (c Config) Logger(to io.Writer) (*slog.Logger, error) {
	level, err := c.level()
	if err != nil {
		return nil, err
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level})), nil
}
