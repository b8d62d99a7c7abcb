// Package report makes the monthly reports on resource usage and efficiency (A: Art.
// 30, 23, 38 of the regulation) and on security (B and S: Art. 36, 31) from figures
// that the caller has read.
//
// It is pure: Build turns an Input, which has the shape of what the store answers, into
// a Month of figures by the named formulas F1 to F17, and Compose turns a Month into a
// Document of sections, tables and charts in Chinese, which the packages under render
// print; BuildSecurity and ComposeSecurity do so for security. There is no clock, file
// or database; the same input gives the same Document, byte for byte.
//
// BuildNotice and ComposeNotice do the same for notices of low utilisation, from a
// NoticeInput that holds the rows of one using unit (Art. 23).
//
// It leaves out what later reports add: capacity changes and settlement. Their sections
// have their headings and say that nothing was provided. It never turns what is missing
// into a number: see Figure.
package report
