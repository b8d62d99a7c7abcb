// Package report makes the monthly report on resource usage and efficiency
// (Art. 30, 23, 38 of the regulation) from figures that the caller has read.
//
// It is pure: Build turns an Input, which has the shape of what the store
// answers, into a Month of figures by the named formulas F1 to F17, and Compose
// turns a Month into a Document of sections, tables and charts in Chinese, which
// the packages under render print. There is no clock, file or database; the same
// Input gives the same Document, byte for byte.
//
// BuildNotice and ComposeNotice do the same for notices of low utilisation, from a
// NoticeInput that holds the rows of one using unit (Art. 23).
//
// It leaves out what later reports add: capacity changes, operation, logs and
// settlement. Their sections have their headings and say that nothing was
// provided. It never turns what is missing into a number: see Figure.
package report
