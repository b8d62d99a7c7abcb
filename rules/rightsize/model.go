package rightsize

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// embeddedModel is fitted on public traces by `yunjian-collector backtest --fit`.
//
//go:embed model.json.gz
var embeddedModel []byte

// maxModel bounds what a model file may unpack to.
const maxModel = 64 << 20

// DefaultModel returns the embedded model. An error means that it is broken.
func DefaultModel() (*RiskModel, error) {
	m, err := ReadModel(bytes.NewReader(embeddedModel))
	if err != nil {
		return nil, fmt.Errorf("embedded risk model: %w", err)
	}
	return m, nil
}

// ReadModel reads a model as Write wrote it. It refuses one that could not be used.
func ReadModel(r io.Reader) (*RiskModel, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("unpack risk model: %w", err)
	}
	var m RiskModel
	d := json.NewDecoder(io.LimitReader(z, maxModel))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("read risk model: %w", err)
	}
	for _, e := range []struct {
		name     string
		ensemble *Ensemble
		features int
	}{{"cpu", &m.CPU, cpuFeatures}, {"memory", &m.Memory, memoryFeatures}} {
		if len(e.ensemble.Forests) == 0 || e.ensemble.Slope <= 0 {
			return nil, fmt.Errorf("risk model: %s holds no forest, or a slope that is not positive", e.name)
		}
		for i := range e.ensemble.Forests {
			if err := e.ensemble.Forests[i].check(e.features); err != nil {
				return nil, fmt.Errorf("risk model: %s, forest %d: %w", e.name, i, err)
			}
		}
	}
	return &m, nil
}

// Write writes the model, packed. Numbers are rounded to seven digits, which moves no
// probability by more than their last digit, and the same model gives the same bytes.
func (m *RiskModel) Write(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("pack risk model: %w", err)
	}
	short := RiskModel{m.CPU.rounded(), m.Memory.rounded()}
	if err := json.NewEncoder(z).Encode(short); err != nil {
		return fmt.Errorf("write risk model: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack risk model: %w", err)
	}
	return nil
}

func (e *Ensemble) rounded() Ensemble {
	out := Ensemble{Offset: round(e.Offset), Slope: round(e.Slope)}
	for _, f := range e.Forests {
		g := forest{Start: round(f.Start)}
		for _, tree := range f.Trees {
			t := make([]node, len(tree))
			for i, n := range tree {
				n.At, n.Value = round(n.At), round(n.Value)
				t[i] = n
			}
			g.Trees = append(g.Trees, t)
		}
		out.Forests = append(out.Forests, g)
	}
	return out
}

// round keeps seven significant digits.
func round(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 6-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}
