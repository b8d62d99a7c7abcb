// Package chart turns charts, which are plain values, into drawings of a few
// primitives, and prints a drawing as SVG or as a PNG picture. The PDF renderer
// walks the primitives itself, so that one layout serves vector and picture.
//
// Series differ in pattern, dash or mark as well as in colour, and stay apart in
// grey print. A value that is not known is a gap, never 0. The package computes no
// figure but ticks of axes, knows no words, and reads no file: the typeface of a
// picture is given to it. Same chart, same typeface, same bytes.
package chart
