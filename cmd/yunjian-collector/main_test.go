package main

import (
	"os"
	"testing"

	"github.com/yunjian-io/yunjian/internal/enginetest"
)

// TestMain plays the engine's child in the process that a command starts.
func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }
