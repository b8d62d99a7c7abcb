// Package html prints a report as one self-contained HTML file: style and charts
// are inside, there is no script, and nothing is fetched. It reads well on a desk,
// on a phone and on paper (A4; wide tables on landscape pages where the browser
// knows named pages). It computes no figure.
package html
