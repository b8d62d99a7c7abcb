// Package xlsx prints the annexes of a report as a workbook: typed numbers,
// frozen and repeated heads, A4 landscape. Foreign text is always a string cell,
// never a formula. It computes no figure.
package xlsx
