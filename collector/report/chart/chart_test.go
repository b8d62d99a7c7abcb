package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

func value(v float64, format string) chart.Value {
	return chart.Value{Known: true, Number: v, Text: fmt.Sprintf(format, v)}
}

func percent(v float64) chart.Value {
	return chart.Value{Known: true, Number: v, Text: fmt.Sprintf("%.1f%%", v*100)}
}

// samples has one chart of every kind, as the report draws them.
func samples() map[string]*chart.Chart {
	absent := chart.Value{Text: "未提供"}
	out := map[string]*chart.Chart{}

	trend := &chart.Chart{ID: "trend", Title: "12个月分配量趋势", Kind: chart.Trend, X: "月份", Series: []string{"vCPU（核）", "内存（GiB）", "云硬盘（TiB）"}}
	for i := range 12 {
		disk := value(120+float64(i)*3.5, "%.0f")
		if i == 4 {
			disk = absent
		}
		trend.Points = append(trend.Points, chart.Point{
			Label:  fmt.Sprintf("%d月", (i+10)%12+1),
			Values: []chart.Value{value(3200+400*math.Sin(float64(i)/2), "%.0f"), value(12800+float64(i)*200, "%.0f"), disk},
		})
	}
	out["trend"] = trend

	bars := &chart.Chart{ID: "bars", Title: "利用率分布", Kind: chart.Columns, X: "P95 档", Y: "云主机（台）", Series: []string{"CPU P95", "内存 P95"}}
	for i, label := range []string{"＜5%", "5%–20%", "20%–40%", "40%–70%", "＞70%", "无数据"} {
		bars.Points = append(bars.Points, chart.Point{Label: label, Values: []chart.Value{value(float64(40*(6-i)+3), "%.0f"), value(float64(17*(i+1)), "%.0f")}})
	}
	out["bars"] = bars

	rows := &chart.Chart{ID: "rows", Title: "信息系统 CPU P95", Kind: chart.Rows, Percent: true, X: "CPU P95", Series: []string{"CPU P95"}, Lines: []float64{0.2, 0.4, 0.7}}
	for i, name := range []string{"一体化政务服务平台与数据共享交换系统（二期）", "OA 办公", "不动产登记", "医保结算", "停用的系统"} {
		v := percent(0.93 - float64(i)*0.21)
		if i == 4 {
			v = absent
		}
		rows.Points = append(rows.Points, chart.Point{Label: name, Values: []chart.Value{v}})
	}
	out["rows"] = rows

	curve := &chart.Chart{ID: "curve", Title: "日均曲线", Kind: chart.Curve, Percent: true, X: "时刻", Y: "CPU 平均利用率", Series: []string{"工作日", "非工作日"}}
	for i := range 48 {
		hour := float64(i) / 2
		hill := func(middle, width float64) float64 { return math.Exp(-(hour - middle) * (hour - middle) / width) }
		work := percent(0.08 + 0.35*hill(10.5, 8) + 0.3*hill(15.5, 6))
		if i > 38 && i < 42 {
			work = absent
		}
		curve.Points = append(curve.Points, chart.Point{Label: fmt.Sprintf("%02d:%02d", i/2, i%2*30), Values: []chart.Value{work, percent(0.07 + 0.04*math.Sin(hour/4))}})
	}
	out["curve"] = curve

	bubbles := &chart.Chart{ID: "bubbles", Title: "CPU P95 与内存 P95", Kind: chart.Bubbles, Percent: true, X: "CPU P95", Y: "内存 P95", Series: []string{"CPU P95", "内存 P95", "vCPU"}, Lines: []float64{0.2, 0.4}, Scale: 64, Unit: "64 核"}
	for i := range 40 {
		x := math.Abs(math.Sin(float64(i) * 1.7))
		bubbles.Points = append(bubbles.Points, chart.Point{Label: fmt.Sprintf("系统%d", i), Values: []chart.Value{percent(x * x), percent(0.1 + 0.8*math.Abs(math.Cos(float64(i)*0.9))), value(float64(4+i*i%130), "%.0f")}})
	}
	out["bubbles"] = bubbles

	stacked := &chart.Chart{ID: "stacked", Title: "日志保存状态", Kind: chart.Stacked, X: "月份", Y: "日志源（个）", Series: []string{"合规", "累积中", "不合规", "无法判定", "豁免"}}
	for i := range 6 {
		stacked.Points = append(stacked.Points, chart.Point{
			Label:  fmt.Sprintf("%d月", i+5),
			Values: []chart.Value{value(float64(120+i*15), "%.0f"), value(float64(60-i*8), "%.0f"), value(float64(35-i*3), "%.0f"), value(20, "%.0f"), value(float64(i*2), "%.0f")},
		})
	}
	out["stacked"] = stacked

	spark := &chart.Chart{ID: "spark", Title: "CPU P95 逐日", Kind: chart.Spark, Percent: true, Lines: []float64{0.2}}
	for i := range 30 {
		spark.Points = append(spark.Points, chart.Point{Label: fmt.Sprint(i + 1), Values: []chart.Value{percent(0.12 + 0.05*math.Sin(float64(i)))}})
	}
	out["spark"] = spark
	return out
}

func ming(t *testing.T) *typeface.Face {
	t.Helper()
	file, err := os.ReadFile("/usr/share/fonts/truetype/arphic/uming.ttc")
	if errors.Is(err, os.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip("no typeface: apt install fonts-arphic-uming")
	} else if err != nil {
		t.Fatal(err)
	}
	face, err := typeface.Parse(file, "CN")
	if err != nil {
		t.Fatal(err)
	}
	return face
}

// Every primitive lies inside of its drawing, also that of words, whose width is
// taken from the typeface of the pictures.
func TestInside(t *testing.T) {
	for name, c := range samples() {
		d := chart.Draw(c)
		inside := func(what string, x, y float64) {
			if !(x >= -0.5 && x <= d.Width+0.5 && y >= -0.5 && y <= d.Height+0.5) {
				t.Errorf("%s: %s at %.1f, %.1f is outside of %.0f × %.0f", name, what, x, y, d.Width, d.Height)
			}
		}
		for _, a := range d.Areas {
			inside("area "+a.Tip, a.X, a.Y)
			inside("area "+a.Tip, a.X+a.Width, a.Y+a.Height)
			if a.Width < 0 || a.Height < 0 {
				t.Errorf("%s: area %+v is turned inside out", name, a)
			}
		}
		for _, s := range d.Strokes {
			for _, p := range s.Points {
				inside("stroke", p.X, p.Y)
			}
		}
		for _, o := range d.Circles {
			inside("circle "+o.Tip, o.X-o.Radius, o.Y-o.Radius)
			inside("circle "+o.Tip, o.X+o.Radius, o.Y+o.Radius)
		}
		for _, w := range d.Words {
			width := chart.Ems(w.Text) * w.Size
			left := w.X - width*float64(w.Anchor)/2
			inside("word "+w.Text, left, w.Y-w.Size*0.8)
			inside("word "+w.Text, left+width, w.Y)
		}
	}
}

// What is not known draws nothing at 0, and a line breaks there.
func TestGap(t *testing.T) {
	c := &chart.Chart{Kind: chart.Curve, Series: []string{"a"}}
	for i := range 5 {
		c.Points = append(c.Points, chart.Point{Label: "p", Values: []chart.Value{{Known: i != 2, Number: 1, Text: "1"}}})
	}
	lines := 0
	for _, s := range chart.Draw(c).Strokes {
		if s.Ink == chart.Dark && s.Width == 1.6 {
			lines++
		}
	}
	if lines != 2 { // the sample in the legend is thinner
		t.Errorf("%d pieces of a line with one gap; want 2", lines)
	}
	c.Kind, c.Points[2].Values[0].Number = chart.Columns, 0
	bars := 0
	for _, a := range chart.Draw(c).Areas {
		if strings.HasPrefix(a.Tip, "p") {
			bars++
		}
	}
	if bars != 4 {
		t.Errorf("%d columns of 4 known values", bars)
	}
}

// The heights of columns are those of their values, by hand.
func TestHeights(t *testing.T) {
	c := &chart.Chart{Kind: chart.Columns, Series: []string{"a"}, Points: []chart.Point{
		{Label: "x", Values: []chart.Value{value(10, "%.0f")}}, {Label: "y", Values: []chart.Value{value(5, "%.0f")}}, {Label: "z", Values: []chart.Value{value(0, "%.0f")}},
	}}
	var got []float64
	for _, a := range chart.Draw(c).Areas {
		got = append(got, a.Height)
	}
	want := []float64{228, 114, 0} // from 262 up to 34
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTicks(t *testing.T) {
	for _, top := range []float64{0, 1, 7, 99, 0.31, 12345, math.Inf(1), math.NaN(), -3} {
		c := &chart.Chart{Kind: chart.Columns, Series: []string{"a"}, Points: []chart.Point{{Label: "x", Values: []chart.Value{value(top, "%.0f")}}}}
		d := chart.Draw(c)
		ticks := 0
		for _, s := range d.Ground {
			if s.Ink == chart.Line || s.Ink == chart.Faint {
				ticks++
			}
		}
		if ticks < 3 || ticks > 8 {
			t.Errorf("%g has %d ticks", top, ticks)
		}
	}
}

// Without colour the series are still told apart: no two look the same.
func TestGreyPrint(t *testing.T) {
	c := samples()["stacked"]
	looks := map[string]string{}
	for k, s := range c.Series {
		one := &chart.Chart{Kind: chart.Stacked, Series: c.Series, Points: []chart.Point{{Label: "p", Values: make([]chart.Value, len(c.Series))}}}
		one.Points[0].Values[k] = value(10, "")
		d := chart.Draw(one)
		var look strings.Builder
		for _, a := range d.Areas {
			if a.Tip != "" && a.Height > 20 {
				r, g, b := a.Fill.RGB()
				fmt.Fprintf(&look, "%d;", (int(r)*299+int(g)*587+int(b)*114)/32000)
				for _, l := range d.Strokes {
					if p := l.Points[0]; l.Width == 0.5 && p.X >= a.X && p.X <= a.X+a.Width && p.Y >= a.Y {
						fmt.Fprintf(&look, "%t", l.Points[0].Y < l.Points[1].Y)
					}
				}
			}
		}
		if other, ok := looks[look.String()]; ok {
			t.Errorf("%s and %s look the same: %s", s, other, look.String())
		}
		looks[look.String()] = s
	}
}

func TestSVG(t *testing.T) {
	all := samples()
	all["hostile"] = &chart.Chart{
		Kind: chart.Rows, Title: `"><script>`, Series: []string{"<&>"},
		Points: []chart.Point{{Label: "</svg>\x00", Values: []chart.Value{{Known: true, Number: 1, Text: `"'<`}}}},
	}
	for name, c := range all {
		d := chart.Draw(c)
		text := d.SVG(c.Alt())
		decoder := xml.NewDecoder(strings.NewReader(text))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
		if strings.Contains(text, "<script") || strings.Contains(text, "NaN") {
			t.Errorf("%s: %s", name, text)
		}
		if again := chart.Draw(c); again.SVG(c.Alt()) != text {
			t.Errorf("%s: drawn twice, it differs", name)
		}
	}
}

// The picture has ink where the drawing has some, words included, and is the same
// every time. With YUNJIAN_PICTURES set, they are left there to be looked at.
func TestPicture(t *testing.T) {
	face := ming(t)
	for name, c := range samples() {
		d := chart.Draw(c)
		data, err := d.PNG(face.Font(), 2.5)
		if err != nil {
			t.Fatal(err)
		}
		again, err := d.PNG(face.Font(), 2.5)
		if err != nil || !bytes.Equal(data, again) {
			t.Errorf("%s: drawn twice, it differs: %v", name, err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := picture.Bounds().Dx(), int(math.Ceil(d.Width*2.5)); got != want {
			t.Errorf("%s: %d pixels wide; want %d", name, got, want)
		}
		for _, w := range d.Words {
			dark := 0
			width := chart.Ems(w.Text) * w.Size
			left := w.X - width*float64(w.Anchor)/2
			for x := int(left * 2.5); x < int((left+width)*2.5); x++ {
				for y := int((w.Y - w.Size) * 2.5); y < int(w.Y*2.5); y++ {
					if color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y < 160 {
						dark++
					}
				}
			}
			if dark == 0 {
				t.Errorf("%s: no ink where %q should stand", name, w.Text)
			}
		}
		if dir := os.Getenv("YUNJIAN_PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAlt(t *testing.T) {
	c := samples()["bars"]
	want := "利用率分布; ＜5% CPU P95 243, 内存 P95 17; 5%–20% CPU P95 203, 内存 P95 34; 20%–40% CPU P95 163, 内存 P95 51; " +
		"40%–70% CPU P95 123, 内存 P95 68; ＞70% CPU P95 83, 内存 P95 85; 无数据 CPU P95 43, 内存 P95 102"
	if diff := cmp.Diff(want, c.Alt()); diff != "" {
		t.Error(diff)
	}
	if got := len([]rune(samples()["bubbles"].Alt())); got != 600 {
		t.Errorf("the description of many points has %d characters; want 600", got)
	}
}
