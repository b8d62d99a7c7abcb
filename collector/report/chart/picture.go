package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// PNG draws a drawing as a picture with so many pixels a unit, its words in the
// given typeface.
func (d *Drawing) PNG(typeface *sfnt.Font, scale float64) ([]byte, error) {
	width, height := int(math.Ceil(d.Width*scale)), int(math.Ceil(d.Height*scale))
	c := &canvas{image.NewRGBA(image.Rect(0, 0, width, height)), vector.NewRasterizer(width, height), scale}
	draw.Draw(c.picture, c.picture.Bounds(), image.White, image.Point{}, draw.Src)
	for _, s := range d.Ground {
		c.stroke(s.Points, s.Ink, s.Width, s.Dash)
	}
	c.areas(d.Areas)
	for _, s := range d.Strokes {
		c.stroke(s.Points, s.Ink, s.Width, s.Dash)
	}
	for _, o := range d.Circles {
		round := make([]XY, 0, 65)
		for i := range 65 {
			sin, cos := math.Sincos(float64(i%64) / 64 * 2 * math.Pi)
			round = append(round, XY{o.X + o.Radius*cos, o.Y + o.Radius*sin})
		}
		c.fill(round, o.Fill)
		c.stroke(round, o.Edge, 0.8, [2]float64{})
	}
	c.areas(d.Plates)
	faces := map[float64]font.Face{}
	for _, w := range d.Words {
		face, ok := faces[w.Size]
		if !ok {
			var err error
			face, err = opentype.NewFace(typeface, &opentype.FaceOptions{Size: w.Size * scale, DPI: 72, Hinting: font.HintingNone})
			if err != nil {
				return nil, fmt.Errorf("draw picture: %w", err)
			}
			faces[w.Size] = face
		}
		c.word(w, face)
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, grey(c.picture)); err != nil {
		return nil, fmt.Errorf("draw picture: %w", err)
	}
	return b.Bytes(), nil
}

// grey makes a picture of at most 256 colours of one that may have more. Pictures
// of charts have few inks; what lies between them is smoothing.
func grey(in *image.RGBA) image.Image {
	seen := map[color.RGBA]uint8{}
	var palette color.Palette
	out := image.NewPaletted(in.Bounds(), nil)
	for y := range in.Rect.Dy() {
		for x := range in.Rect.Dx() {
			at := in.RGBAAt(x, y)
			at.R, at.G, at.B = at.R&^7|at.R>>5, at.G&^7|at.G>>5, at.B&^7|at.B>>5
			index, ok := seen[at]
			if !ok {
				if len(palette) == 256 {
					return in
				}
				index = uint8(len(palette))
				seen[at], palette = index, append(palette, at)
			}
			out.Pix[y*out.Stride+x] = index
		}
	}
	out.Palette = palette
	return out
}

type canvas struct {
	picture *image.RGBA
	raster  *vector.Rasterizer
	scale   float64
}

func (c *canvas) areas(all []Area) {
	for _, a := range all {
		corners := []XY{{a.X, a.Y}, {a.X + a.Width, a.Y}, {a.X + a.Width, a.Y + a.Height}, {a.X, a.Y + a.Height}}
		c.fill(corners, a.Fill)
		c.stroke(append(corners, corners[0]), a.Edge, 0.8, [2]float64{})
	}
}

// fill draws a closed outline. The rasterizer is moved to the outline's own box:
// it works on all of its size.
func (c *canvas) fill(outline []XY, ink Ink) {
	if ink == None || len(outline) < 3 {
		return
	}
	low, high := XY{math.Inf(1), math.Inf(1)}, XY{math.Inf(-1), math.Inf(-1)}
	for _, p := range outline {
		low.X, low.Y = min(low.X, p.X*c.scale), min(low.Y, p.Y*c.scale)
		high.X, high.Y = max(high.X, p.X*c.scale), max(high.Y, p.Y*c.scale)
	}
	box := image.Rect(int(math.Floor(low.X)), int(math.Floor(low.Y)), int(math.Ceil(high.X))+1, int(math.Ceil(high.Y))+1)
	c.raster.Reset(box.Dx(), box.Dy())
	for i, p := range outline {
		x, y := float32(p.X*c.scale-float64(box.Min.X)), float32(p.Y*c.scale-float64(box.Min.Y))
		if i == 0 {
			c.raster.MoveTo(x, y)
		} else {
			c.raster.LineTo(x, y)
		}
	}
	c.raster.ClosePath()
	r, g, b := ink.RGB()
	c.raster.Draw(c.picture, box, image.NewUniform(color.RGBA{r, g, b, 255}), image.Point{})
}

// stroke draws each piece of a line as a rectangle of its width.
func (c *canvas) stroke(points []XY, ink Ink, width float64, dash [2]float64) {
	if ink == None {
		return
	}
	for _, piece := range dashed(points, dash) {
		a, b := piece[0], piece[1]
		length := math.Hypot(b.X-a.X, b.Y-a.Y)
		if length == 0 {
			continue
		}
		// A little longer, so that the pieces of a bend meet.
		dx, dy := (b.X-a.X)/length*width/2, (b.Y-a.Y)/length*width/2
		if dash[0] == 0 {
			a, b = XY{a.X - dx/2, a.Y - dy/2}, XY{b.X + dx/2, b.Y + dy/2}
		}
		c.fill([]XY{{a.X - dy, a.Y + dx}, {b.X - dy, b.Y + dx}, {b.X + dy, b.Y - dx}, {a.X + dy, a.Y - dx}}, ink)
	}
}

// dashed cuts a line into the pieces that are drawn.
func dashed(points []XY, dash [2]float64) (out [][2]XY) {
	at := 0.0 // along the pattern
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.X-a.X, b.Y-a.Y)
		if dash[0] <= 0 || dash[1] <= 0 {
			out = append(out, [2]XY{a, b})
			continue
		}
		along := func(s float64) XY { return XY{a.X + (b.X-a.X)*s/length, a.Y + (b.Y-a.Y)*s/length} }
		for s := 0.0; s < length-1e-9; {
			phase := math.Mod(at, dash[0]+dash[1])
			step := dash[0] + dash[1] - phase
			if phase < dash[0] {
				step = dash[0] - phase
			}
			step = min(max(step, 1e-6), length-s)
			if phase < dash[0] {
				out = append(out, [2]XY{along(s), along(s + step)})
			}
			s, at = s+step, at+step
		}
	}
	return out
}

func (c *canvas) word(w Word, face font.Face) {
	r, g, b := w.Ink.RGB()
	d := font.Drawer{Dst: c.picture, Src: image.NewUniform(color.RGBA{r, g, b, 255}), Face: face}
	x := fixed.Int26_6(math.Round(w.X * c.scale * 64))
	switch w.Anchor {
	case Center:
		x -= d.MeasureString(w.Text) / 2
	case End:
		x -= d.MeasureString(w.Text)
	}
	d.Dot = fixed.Point26_6{X: x, Y: fixed.Int26_6(math.Round(w.Y * c.scale * 64))}
	d.DrawString(w.Text)
}
