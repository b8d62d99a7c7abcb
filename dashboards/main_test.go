package dashboards_test

import (
	"os"
	"testing"

	"github.com/yunjian-io/yunjian/internal/enginetest"
)

var rig enginetest.Rig

func TestMain(m *testing.M) { os.Exit(enginetest.MainWith(m, &rig)) }
